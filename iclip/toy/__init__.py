"""The toy world: procedurally drawn scenes in the real data sets' formats."""

from iclip.toy.world import World, WorldConfig

__all__ = ["World", "WorldConfig"]
