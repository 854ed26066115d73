"""What commands do when the ranks have embedded their images: rank 0 alone evaluates."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iclip.zeroshot.embedding_model import ImageTextEmbedder


def goes_on_alone(model: "ImageTextEmbedder", cache: Path) -> bool:
    """Leave the other ranks, and return whether this rank goes on: only rank 0 does.

    Rank 0 then prints a line about its model.

    Args:
        model: The model that has embedded the images.
        cache: Folder of the kept embeddings; if it holds some of former versions, a line says so.
    """
    from iclip.zeroshot.embedding_store import note_of_old_stores
    from iclip.zeroshot.process_group import finish_distributed
    from iclip.zeroshot.records import model_line

    if not finish_distributed():
        return False
    print("\n".join(filter(None, (model_line(model), note_of_old_stores(cache)))))
    return True
