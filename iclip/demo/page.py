"""The page: an image or a clip, what the model finds in it, and images that resemble it."""

from __future__ import annotations

import filecmp
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iclip.demo.found_things import fitted, read_image, rows_of, thumbnail, value_name
from iclip.tasks import VIDEO

if TYPE_CHECKING:  # two of them import torch, before which the device has to be settled
    from PIL.Image import Image

    from iclip.demo.similar_images import SimilarImages
    from iclip.predict.trained_model import TrainedModel

NUM_SIMILAR = 8
NUM_EXAMPLES = 8


def build_page(
    model: TrainedModel,
    examples: Sequence[Path] = (),
    similar: SimilarImages | None = None,
    score_threshold: float = 0.3,
) -> Any:
    """Build gradio's page of a model.

    Args:
        model: Predicts.
        examples: Files to choose from; the first is shown at the start.
        similar: Where to look for similar images; None: nowhere.
        score_threshold: Boxes with lower scores are not shown.
    """
    import gradio

    def answer(file: str | None) -> tuple[Any, ...]:
        if file is None:
            return None, None, None, gradio.Textbox(visible=False)
        try:
            # The content counts, not the name: a page may be given an image of any format.
            content: Any = Path(file) if model.task == VIDEO else read_image(Path(file))
            found = model.predict(content, score_threshold=score_threshold)[0]
            near = [] if similar is None else gallery_of(similar, Path(file), content)
        except (ValueError, OSError) as error:
            # What was found in the image before would seem to be this one's.
            told = f"{Path(file).name}: {error}"
            return None, None, None, gradio.Textbox(told, visible=True)
        headers = ["class", value_name(found)]
        table = gradio.Dataframe(value=rows_of(found), headers=headers)
        return fitted(found.picture()), table, near, gradio.Textbox(visible=False)

    title = f"iCLIP: {model.task}"
    with gradio.Blocks(title=title, analytics_enabled=False) as page:
        gradio.Markdown(f"# {title}\n{introduction(model)}")
        with gradio.Row():
            given = _input(gradio, model.task, examples)
            picture = gradio.Image(label="Found", format="png", interactive=False, buttons=[])
        problem = gradio.Textbox(label="Problem", visible=False, interactive=False)
        table = gradio.Dataframe(headers=["class", "score"], label="Classes", interactive=False)
        gallery = gradio.Gallery(
            label="Similar images", columns=NUM_SIMILAR, interactive=False, buttons=[],
            format="jpeg", visible=similar is not None, fit_columns=False, height=220,
        )  # fmt: skip
        if examples:
            gradio.Examples(
                [[str(file)] for file in examples], given, cache_examples=False, elem_id="examples"
            )
        # One at a time: a model is not made for several threads.
        for event in (page.load, given.change):
            event(
                answer, given, [picture, table, gallery, problem],
                concurrency_id="model", concurrency_limit=1, api_visibility="private",
            )  # fmt: skip
    return page


def introduction(model: TrainedModel) -> str:
    """Say what the model knows."""
    names = ", ".join(model.classes[:20]) + (", ..." if len(model.classes) > 20 else "")
    return f"{len(model.classes)} classes: {names}. Nothing leaves this machine."


def gallery_of(similar: SimilarImages, file: Path, image: Image) -> list[tuple[Any, str]]:
    """Return the thumbnails of the images that resemble another, with names and similarities.

    Args:
        similar: Where to look for them.
        file: The file of the other image, which does not count.
        image: Its content.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is damaged, or not an image.
    """
    # One more, since the image itself may be among them; the page has a copy of it.
    found = similar.find(image, NUM_SIMILAR + 1)
    others = [one for one in found if not filecmp.cmp(one.file, file, shallow=False)]
    return [
        (thumbnail(one.file), f"{one.file.name} {one.similarity:.2f}")
        for one in others[:NUM_SIMILAR]
    ]


def _input(gradio: Any, task: str, examples: Sequence[Path]) -> Any:
    """Build the field for an image or, for models of videos, a clip."""
    first = str(examples[0]) if examples else None
    if task == VIDEO:
        return gradio.Video(first, label="Clip", sources=["upload"], buttons=[])
    return gradio.Image(
        # image_mode=None: the file as it is, which the hub reads by its own rule.
        first, label="Image", type="filepath", image_mode=None, buttons=[],
        sources=["upload", "clipboard"],
    )  # fmt: skip
