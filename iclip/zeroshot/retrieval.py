"""Zero-shot retrieval on a set of captioned images."""

from pathlib import Path

import torch

from iclip.evaluation.finite import check_finite
from iclip.evaluation.retrieval import retrieval_recall
from iclip.results import Retrieval, SetResult, Unread, UnreadImages
from iclip.zeroshot.cached_embeddings import EmbeddedSet
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.retrieval_pictures import draw_examples
from iclip.zeroshot.retrieval_sets import CaptionedImages


def evaluate_retrieval(
    model: ImageTextEmbedder,
    images: CaptionedImages,
    embedded: EmbeddedSet,
    pictures: Path | None = None,
    name: str = "images",
) -> SetResult:
    """Measure recall@1/5/10 in both directions, on the images that were read and their captions.

    Args:
        model: Embeds the captions.
        images: The data set.
        embedded: Embeddings of its images by this model.
        pictures: Folder for pictures of a few captions with the images that come first.
        name: The data set's name.

    Returns:
        The recalls (``tr_r1`` ... in percent), and how many images and captions were read.

    Raises:
        ValueError: Embeddings of captions are not finite.
    """
    captions = [images.captions[number] for number in embedded.numbers.tolist()]
    counts = torch.tensor([len(texts) for texts in captions])
    texts = [text for of_image in captions for text in of_image]
    text_embeds = model.encode_texts(texts)
    check_finite(text_embeds, "text embeddings of the captions", texts.__getitem__)
    image_embeds = torch.from_numpy(embedded.embeds)
    # I images -> T captions
    image_of_text = torch.repeat_interleave(torch.arange(len(captions)), counts)
    recall = retrieval_recall(image_embeds, text_embeds, image_of_text)
    if pictures is not None:
        # An image's captions begin after those of the images before it: T, D -> I, D
        first_captions = text_embeds[counts.cumsum(0) - counts]
        draw_examples(images, embedded.numbers.tolist(), image_embeds, first_captions, pictures)
    expected = images.expected or (None, None)
    return SetResult(
        names=(name,),
        scores={f"{name}/{metric}": value for metric, value in recall.items()},
        images=len(captions),
        expected=expected[0],
        split=images.split,
        protocol=images.protocol,
        deviations=images.deviations(len(captions), len(texts)),
        unread=UnreadImages(Unread.of(embedded.broken), Unread.of(embedded.missing)),
        detail=Retrieval(len(texts), expected[1], str(images.origin)),
    )
