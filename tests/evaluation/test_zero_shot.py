from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from iclip.evaluation import TextTower, ZeroShotAccuracy
from iclip.text.class_texts import ClassTexts, write_class_texts
from tests.distributed.tiny_model import build


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "classes.jsonl"
    write_class_texts(path, build("ICLIP").class_texts)
    return path


def test_class_weights_are_the_mean_over_all_templates():
    model = build("ICLIP names")
    prompts = model.class_prompts
    texts = [
        [template.format(text.names[0]) for text in prompts.class_texts]
        for template in prompts.templates
    ]
    embeds = [model.encode_text(prompts.tokenizer(row)).float() for row in texts]
    torch.testing.assert_close(
        TextTower(model).class_embeds(prompts),
        F.normalize(sum(embeds), dim=-1),
    )


def evaluate(metric: ZeroShotAccuracy, labels: list[int]) -> dict[str, float]:
    model = build("ICLIP")
    metric.prepare(model)
    prompts = model.class_prompts
    weights = TextTower(model).class_embeds(prompts)
    metric.process({}, [{"image_embeds": weights[i], "gt_label": i} for i in labels])
    return metric.evaluate(len(labels))


def test_images_at_their_class_weight_are_all_right(table: Path):
    metric = ZeroShotAccuracy(str(table), prefix="seen")
    assert evaluate(metric, [0, 3, 6]) == {"seen/top1": 100.0, "seen/top5": 100.0}


def test_restriction_compares_with_its_own_classes_only(table: Path, tmp_path: Path):
    texts = build("ICLIP").class_texts
    some = tmp_path / "some.jsonl"
    write_class_texts(some, ClassTexts([texts[5], texts[2]]))
    metric = ZeroShotAccuracy(str(table), restrict_to=str(some), prefix="some")
    assert evaluate(metric, [2, 5]) == {"some/top1": 100.0}
    metric = ZeroShotAccuracy(str(table), restrict_to=str(some))
    with pytest.raises(ValueError, match=r"leaves out 1 classes that the images have: \['1'\]"):
        evaluate(metric, [1, 2])


def test_a_model_without_text_tower_is_told_what_to_take(table: Path):
    with pytest.raises(ValueError, match="Supervised lacks a text tower: take ClassifierAccuracy"):
        ZeroShotAccuracy(str(table)).prepare(build("Supervised"))


def test_image_embeddings_that_are_not_finite_are_an_error(table: Path):
    metric = ZeroShotAccuracy(str(table))
    model = build("ICLIP")
    metric.prepare(model)
    weights = metric.class_embeds.clone()
    weights[1] = torch.inf
    metric.process({}, [{"image_embeds": weights[i], "gt_label": i} for i in range(3)])
    with pytest.raises(ValueError, match=r"1 of 3 image embeddings are not finite .*: image 1"):
        metric.evaluate(3)


def test_class_embeddings_that_are_not_finite_are_an_error(table: Path):
    model = build("ICLIP")
    with torch.no_grad():
        model.text_projection.weight.fill_(torch.nan)
    number = len(model.class_texts)
    told = f"{number} of {number} text embeddings of the classes are not finite .*: 0 "
    with pytest.raises(ValueError, match=told):
        ZeroShotAccuracy(str(table)).prepare(model)
