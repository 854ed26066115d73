"""Words where a model's own text tower puts them."""

from iclip.text.class_texts import ClassTexts
from iclip.words import ClassEmbeddings, embed_classes
from iclip.words.class_embeddings import PROBE, in_one_space
from iclip.zeroshot.embedding_model import ImageTextEmbedder


def words_of_model(
    model: ImageTextEmbedder,
    vocabulary: ClassTexts | ClassEmbeddings,
    option: str,
    templates: str = "simple",
) -> ClassEmbeddings:
    """Embed class texts; take embeddings as they are, if they are of the model's joint space.

    Args:
        model: A model of images and texts.
        vocabulary: See :func:`iclip.words.vocabulary.read_vocabulary`.
        option: Where it was given, for messages.
        templates: See :func:`iclip.words.embed_classes`.

    Raises:
        ValueError: It is of another joint space, or its texts cannot be embedded.
    """
    if isinstance(vocabulary, ClassTexts):
        return embed_classes(model, vocabulary, templates)
    (probe,) = model.encode_texts([PROBE])
    if not in_one_space(probe, vocabulary.probe):
        raise ValueError(
            f"{option}: the embeddings are of another joint space than MODEL {model.name}: the "
            f"text tower {vocabulary.text_tower or 'that wrote them'} puts the same sentence "
            "elsewhere. Embed the words with this model (iclip words)"
        )
    return vocabulary
