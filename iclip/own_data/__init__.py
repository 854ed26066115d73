"""Data sets of users' own, in the formats in which tools write them.

:func:`recognize` looks at a folder, says what it holds, and reads it. What it returns is the same
for every format of a task.
"""

from iclip.own_data.data_set import OwnData
from iclip.own_data.description import describe
from iclip.own_data.recognition import recognize

__all__ = ["OwnData", "describe", "recognize"]
