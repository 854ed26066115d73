"""Open a page to try a model: an image, what is found in it, and images that resemble it.

    iclip demo work_dirs/finetune_detection_boxes --images photos/

W is the folder that `iclip finetune` wrote, or its best.pth. The images of --images (for models of
videos, the clips) are the page's examples, and those among which similar ones are looked for; their
embeddings are kept below --cache.

A model that knows its classes by words takes others: --classes "red fox, school bus", as in
`iclip predict`.

The page needs gradio: pip install 'iclip[demo]'. It is for this machine alone, at 127.0.0.1, and
sends nothing anywhere. What was uploaded is deleted at the end, by Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from iclip.commands.class_options import add_class_options, embed_given_classes
from iclip.commands.options import add_device_option, local_path
from iclip.messages import counted, listing

if TYPE_CHECKING:  # they import torch, before which the device has to be settled
    from iclip.demo.similar_images import SimilarImages
    from iclip.predict.trained_model import TrainedModel

OLDEST_GRADIO = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("model", type=Path, metavar="W", help="a fine-tuned model or its folder")
    parser.add_argument(
        "--images", type=local_path, metavar="DIR", help="examples, and where similar ones lie"
    )
    parser.add_argument("--port", type=int, default=7860, help="0 for any (default: %(default)s)")
    parser.add_argument(
        "--score-threshold", type=float, default=0.3, help="of boxes (default: %(default)s)"
    )
    parser.add_argument("--cache", type=Path, default=Path("work_dirs/embeddings"), metavar="DIR")
    add_class_options(parser)
    add_device_option(parser)


def run(args: argparse.Namespace) -> None:
    """Load the model, look through the images, and serve the page."""
    check_gradio()
    from iclip.demo.local_server import HOST, listen, quiet_gradio, serve

    with contextlib.closing(listen(args.port)) as listening, quiet_gradio():
        from iclip.demo.page import NUM_EXAMPLES, build_page
        from iclip.tasks import VIDEO

        model = load_chosen(args)
        files = find_files(args.images, model.task == VIDEO)
        similar = None
        if files and model.task != VIDEO:
            similar = find_similar(args, files, model.device)
        examples = files[:NUM_EXAMPLES]
        page = build_page(model, examples, similar, args.score_threshold)
        print(f"http://{HOST}:{listening.getsockname()[1]} (Ctrl-C ends it)", flush=True)
        serve(page, listening, [str(file) for file in examples])


def load_chosen(args: argparse.Namespace) -> TrainedModel:
    """Load the model, with the classes of ``--classes`` if there are any.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is not a trained model, or cannot take these classes.
    """
    from iclip.checkpoints.model_files import read_model_file
    from iclip.predict.load_model import model_of

    file = read_model_file(args.model)
    if args.classes is None:
        return model_of(file, args.device)
    classes = embed_given_classes(args, file.config.get("model"), file.path, file.text_tower)
    model = model_of(file, args.device)
    model.set_classes(classes)
    return model


def check_gradio() -> None:
    """Refuse to begin without gradio.

    Raises:
        ValueError: It is not installed, or too old.
    """
    try:
        found = version("gradio")
    except PackageNotFoundError:
        raise ValueError(
            "the page needs gradio: pip install 'iclip[demo]' or, in a checkout, "
            "tools/demo_environment.sh"
        ) from None
    if int(found.partition(".")[0]) < OLDEST_GRADIO:
        raise ValueError(
            f"the page needs gradio {OLDEST_GRADIO} or newer, {found} is installed: "
            f"pip install --upgrade 'iclip[demo]'"
        )


def find_files(folder: Path | None, videos: bool) -> list[Path]:
    """List the images or videos below a folder.

    Raises:
        ValueError: It has none.
        FileNotFoundError: It does not exist.
    """
    from iclip.predict.inputs import find_inputs

    if folder is None:
        return []
    files, left_out = find_inputs([folder], videos)
    found = [file.path.resolve() for file in files if file.is_video == videos]
    if not found:
        what = "videos" if videos else "images"
        raise ValueError(f"--images {folder} holds no {what}; left out: {left_out}")
    return found


def find_similar(args: argparse.Namespace, files: list[Path], device: str) -> SimilarImages:
    """Embed the images by the model's own backbone, and say which could not be read."""
    from iclip.demo.similar_images import SimilarImages
    from iclip.zeroshot.loading import load_image_model

    best = args.model / "best.pth"
    weights = best if best.is_file() else args.model
    print(f"looking through {counted(len(files), 'image')} of {args.images}", flush=True)
    similar = SimilarImages(load_image_model(str(weights), device), files, args.cache)
    if similar.left_out:
        print(f"left out: {listing(similar.left_out, 3)}")
    return similar
