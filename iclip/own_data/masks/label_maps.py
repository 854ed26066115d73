"""Write the masks of a data set as label maps, and lists of them that training reads.

A mask whose numbers are the labels stays where it is. The name of a written map holds a hash of
what it is made of: an interrupted work goes on, and a mask that has changed is written anew.
"""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from PIL import Image

from iclip.files.atomic import write_atomically
from iclip.messages import counted
from iclip.own_data.data_set import OwnData
from iclip.own_data.image_sizes import SECONDS_BEFORE_FIRST_REPORT
from iclip.own_data.masks.masked_image import LabelMap, MaskedImage
from iclip.own_data.masks.survey import MOST_THREADS
from iclip.progress import Progress

# Name of the folder of written maps, in that of the lists.
MAPS_FOLDER = "label_maps"
_HASH_DIGITS = 16


def write_segmentation(
    data: OwnData, folder: Path, say: Callable[[str], object] = lambda text: None
) -> Mapping[str, Path]:
    """Write ``train.jsonl``, ``val.jsonl`` and so on, and the label maps that they need.

    Several processes may do so at once, and any of them may be killed: each file is written whole,
    and a list after its maps.

    Args:
        data: Its samples are `MaskedImage`.
        folder: Where the lists go.
        say: Takes what was written, in a sentence.

    Returns:
        The list of each part.

    Raises:
        OSError: A mask cannot be read, or a file not be written.
        ValueError: A mask cannot be decoded any more.
    """
    # Importing a module of datasets imports torch, which recognizing data does without.
    from iclip.datasets.readers.label_map_list import ListedMap, format_label_map_list

    folder = Path(os.path.abspath(folder))
    samples = [sample for part in data.parts.values() for sample in part]
    missing = [sample for sample in samples if not _is_there(sample, folder)]
    if missing:
        _write_maps(missing, folder)
        say(f"{counted(len(missing), 'label map')} written to {folder / MAPS_FOLDER}")
    lists = {}
    for part, of_part in data.parts.items():
        entries = [ListedMap(sample.file, _map_of(sample)) for sample in of_part]
        lists[part] = folder / f"{part}.jsonl"
        write_atomically(lists[part], format_label_map_list(entries))
    return lists


def encoded_png(labels: LabelMap) -> bytes:
    """Encode labels (H, W) as a gray PNG of 8 bits."""
    file = BytesIO()
    Image.fromarray(labels).save(file, "PNG")
    return file.getvalue()


def _write_maps(samples: list[MaskedImage], folder: Path) -> None:
    progress = Progress(
        "label maps", len(samples), interval=SECONDS_BEFORE_FIRST_REPORT, patient=True
    )

    def write(sample: MaskedImage) -> None:
        try:
            labels = sample.mask.label_map()
        except ValueError as error:
            raise ValueError(f"the mask of {sample.file}: {error}") from error
        write_atomically(folder / _map_of(sample), encoded_png(labels))
        progress.advance()

    with ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1)) as threads:
        list(threads.map(write, samples))  # a list, so that an error is raised


def _is_there(sample: MaskedImage, folder: Path) -> bool:
    return sample.mask.in_place is not None or (folder / _map_of(sample)).is_file()


def _map_of(sample: MaskedImage) -> str:
    """Return the label map's path: of the mask itself, or below the lists' folder."""
    if sample.mask.in_place is not None:
        return sample.mask.in_place
    digest = sha256(sample.mask.state().encode("utf-8", "surrogateescape")).hexdigest()
    stem = os.path.splitext(os.path.basename(sample.file))[0]
    return os.path.join(MAPS_FOLDER, f"{stem[:80]}-{digest[:_HASH_DIGITS]}.png")
