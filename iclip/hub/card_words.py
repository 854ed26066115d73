"""The sentences of a model card that follow from a model's task alone."""

from iclip.tasks import CLASSIFICATION, DETECTION, PRE_TRAINING, SEGMENTATION, VIDEO

IMAGE_TASKS = (CLASSIFICATION, DETECTION, SEGMENTATION)

PIPELINES = {
    PRE_TRAINING: "zero-shot-image-classification",
    CLASSIFICATION: "image-classification",
    DETECTION: "object-detection",
    SEGMENTATION: "image-segmentation",
    VIDEO: "video-classification",
}
"""The hub's name of each task."""

_FINE_TUNED = "Fine-tuned with the iCLIP hub."
WHAT = {
    PRE_TRAINING: (
        "An image tower, and a text tower where the method has one, pre-trained with the iCLIP "
        "hub (after Wei et al., CVPR 2023) by the method that is named below."
    ),
    CLASSIFICATION: f"A classifier of images. {_FINE_TUNED}",
    DETECTION: f"A detector of objects. {_FINE_TUNED}",
    SEGMENTATION: f"A model of semantic segmentation. {_FINE_TUNED}",
    VIDEO: f"A classifier of videos. {_FINE_TUNED}",
}

INTENDED = {
    PRE_TRAINING: (
        "Comparing images with texts, zero-shot classification and retrieval, and as a start for "
        "fine-tuning, in research. Not for deciding about people."
    ),
    CLASSIFICATION: "Classifying images like those it was trained on, into its classes.",
    DETECTION: "Finding objects of its classes in images like those it was trained on.",
    SEGMENTATION: "Labeling the pixels of images like those it was trained on with its classes.",
    VIDEO: "Classifying videos like those it was trained on, into its classes.",
}

LIMITS = (
    "Figures hold for the data that they were measured on. What the model does on other images is "
    "not known: measure it on yours before you rely on it (`iclip evaluate`, `iclip zeroshot`). "
    "It was not examined for biases of its training data, nor for safety.",
)


def _predicting(input_file: str) -> tuple[str, ...]:
    return (
        "import iclip",
        "model = iclip.load_model('{name}')",
        f"found = model.predict('{input_file}')",
    )


BY_WORDS = (
    "Its classifier knows the classes by words: it compares with what a text tower made of their "
    "names and descriptions, which `config.json` holds, and takes other words, too."
)
OTHER_WORDS = (
    "# Other classes; the text tower is that of the pre-training, {tower}.",
    "model = model.with_classes('red fox, school bus', text_tower='{tower}')",
)
"""Lines for a model that knows its classes by words."""
LOADING = {
    ("iclip", PRE_TRAINING): (
        "from iclip.zeroshot.loading import load_zero_shot_model",
        "model = load_zero_shot_model('{name}')  # also: iclip zeroshot {name} --suite ...",
    ),
    **{("iclip", task): _predicting("image.jpg") for task in IMAGE_TASKS},
    ("iclip", VIDEO): _predicting("video.mp4"),
    ("timm", ""): ("import timm", "tower = timm.create_model('{name}', pretrained=True)"),
    ("open_clip", ""): (
        "import open_clip",
        "model, preprocess = open_clip.create_model_from_pretrained('{name}')",
        "tokenizer = open_clip.get_tokenizer('{name}')",
    ),
}
"""Lines that load a model, by library and task; those of other libraries know no task."""
