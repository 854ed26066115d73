"""What a checkpoint tells apart without fine-tuning: figures, and why there are none."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.linear_model import LogisticRegression

from iclip.results import PROBE, ZERO_SHOT, load_result, save_result
from iclip.text.class_texts import ClassText, ClassTexts
from iclip.zeroshot.class_folders import LabelledSet, labelled_files
from iclip.zeroshot.frozen_ways import (
    ClassifiedImages,
    FrozenModel,
    check_enough,
    evenly_by_class,
    probe_of,
    texts_of_classes,
    zero_shot_of,
)
from iclip.zeroshot.loading import load_image_model, load_zero_shot_model

CLASSES = ("green_leaf", "red brick")
COLORS = ((20, 200, 40), (210, 30, 30))


def drawn(folder: Path, count: int, seed: int) -> LabelledSet:
    """Noisy images of two colors, alternately."""
    folder.mkdir()
    random = np.random.default_rng(seed)
    files = []
    for number in range(count):
        pixels = np.array(COLORS[number % 2]) + random.normal(0, 40, (40, 40, 3))
        path = folder / f"{number}.png"
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
        files.append((path, number % 2))
    return labelled_files(files, folder)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> ClassifiedImages:
    folder = tmp_path_factory.mktemp("images")
    return ClassifiedImages(
        CLASSES, drawn(folder / "train", 24, seed=1), drawn(folder / "val", 10, seed=2)
    )


@pytest.fixture
def model(micro: Path, tmp_path: Path) -> FrozenModel:
    return FrozenModel(str(micro), tmp_path / "cache")


@pytest.fixture
def clip(tiny_name: str, tmp_path: Path) -> FrozenModel:
    """A model that knows all words; the micro one knows a few."""
    return FrozenModel(tiny_name, tmp_path / "cache")


def features(network, images: LabelledSet) -> torch.Tensor:
    pixels = [network.transform(Image.open(file).convert("RGB")) for file in images.reader.files]
    return network.encode_images(torch.stack(pixels))


def test_probe_is_scikit_learns_on_the_pooled_features(
    model: FrozenModel, images: ClassifiedImages, tmp_path: Path
):
    result = probe_of(model, images)
    (part,) = result.sets
    assert result.kind == PROBE and result.settings.features == "pooled"
    network = load_image_model(model.name)
    fitted = LogisticRegression(C=part.detail.probe.C, max_iter=1000)
    fitted.fit(features(network, images.train), images.train.labels)
    expected = 100 * fitted.score(features(network, images.val), images.val.labels)
    assert part.score == pytest.approx(expected) and part.images == 10
    assert part.detail.few_shot == {} and part.detail.shots_left_out == ""
    save_result(tmp_path / "probe.json", result)
    assert load_result(tmp_path / "probe.json").metrics == result.metrics


def test_zero_shot_is_the_nearest_class_text(clip: FrozenModel, images: ClassifiedImages):
    result = zero_shot_of(clip, images)
    (part,) = result.sets
    assert result.kind == ZERO_SHOT and part.notes == ("class texts: the names of the classes",)
    network = load_zero_shot_model(clip.name)
    from open_clip import OPENAI_IMAGENET_TEMPLATES

    texts = [
        network.encode_texts([template(name) for template in OPENAI_IMAGENET_TEMPLATES]).mean(dim=0)
        for name in ("green leaf", "red brick")
    ]
    classes = torch.nn.functional.normalize(torch.stack(texts), dim=1)
    predicted = (features(network, images.val) @ classes.T).argmax(dim=1).numpy()
    assert part.score == pytest.approx(100 * float(np.mean(predicted == images.val.labels)))


def test_user_s_table_names_the_classes(clip: FrozenModel, images: ClassifiedImages):
    table = ClassTexts(
        [ClassText("red brick", ("stone",), "red"), ClassText("green_leaf", ("leaf",))]
    )
    (part,) = zero_shot_of(clip, images, table).sets
    assert part.notes == ("class texts: the user's table, matched by id",)
    with pytest.raises(ValueError, match="--class-texts has 1 classes; the data set has 2"):
        zero_shot_of(clip, images, ClassTexts([ClassText("red brick", ("stone",))]))


@pytest.mark.parametrize("name", ["n01443537", "17", "/m/01g317", "class_3", "Label 4", "--"])
def test_ids_are_not_words(name: str, model: FrozenModel, images: ClassifiedImages):
    classes = ClassifiedImages((name, "dog"), images.train, images.val)
    with pytest.raises(ValueError, match=f"1 of 2 names of classes are not words.* '{name}'"):
        zero_shot_of(model, classes)


def test_a_model_without_texts_has_no_zero_shot(tmp_path: Path, images: ClassifiedImages):
    from iclip.models import SwinBackbone

    network = SwinBackbone(arch=dict(embed_dims=24, depths=(1, 1), num_heads=(1, 2)), window_size=4)
    torch.save(network.state_dict(), tmp_path / "swin.pth")
    model = FrozenModel(str(tmp_path / "swin.pth"), tmp_path / "cache")
    with pytest.raises(ValueError, match=r"no text tower that can be used \(.*swin.pth"):
        zero_shot_of(model, images)


def test_names_of_folders_become_words():
    texts = texts_of_classes(
        ["001.Black_footed_Albatross", "t-shirt", "747-400", "cat", "TaiChi", "iPhone"]
    )
    assert [text.names[0] for text in texts] == [
        "Black footed Albatross", "t-shirt", "747-400", "cat", "tai chi", "iPhone",
    ]  # fmt: skip


@pytest.mark.parametrize("counts", [(1, 9), (2, 2), (3, 2)], ids=str)
def test_too_few_images_for_a_probe_are_said(counts: tuple[int, int]):
    with pytest.raises(ValueError, match=r"20% of the training images are held out .* takes 6 ima"):
        check_enough(np.repeat([0, 1], counts))


def test_enough_images_can_be_split():
    for counts in ((2, 4), (3, 3), (2, 0, 4)):
        labels = np.repeat(np.arange(len(counts)), counts)
        check_enough(labels)
        from sklearn.model_selection import StratifiedShuffleSplit

        next(StratifiedShuffleSplit(1, test_size=0.2, random_state=0).split(labels, labels))


def test_a_part_of_many_images_keeps_the_shares_of_the_classes():
    labels = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], (500, 300, 200)))
    chosen = evenly_by_class(labels, 100)
    assert np.array_equal(np.bincount(labels[chosen]), [50, 30, 20])
    assert np.array_equal(chosen, np.unique(chosen))
    assert np.array_equal(evenly_by_class(labels, 1000), np.arange(1000))


def test_a_probe_of_many_images_says_how_many(
    model: FrozenModel, images: ClassifiedImages, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("iclip.zeroshot.frozen_ways.MOST_PROBED", 12)
    (part,) = probe_of(model, images).sets
    assert part.notes == ("fitted on 12 of 24 training images",)
    assert part.detail.train_images == 12
