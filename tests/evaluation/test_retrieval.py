import math

import pytest
import torch
from torch.nn import functional as F

from iclip.evaluation import RetrievalRecall, retrieval_recall


def recall_in_loops(scores: list[list[float]], image_of_text: list[int], k: int) -> tuple:
    """Sorts each row by hand; what is not a match stands first among equals."""

    def hit(row: list[float], matches: set[int]) -> bool:
        order = sorted(range(len(row)), key=lambda j: (-row[j], j in matches))
        return bool(matches & set(order[:k]))

    num_images, num_texts = len(scores), len(image_of_text)
    tr = [
        hit(scores[i], {t for t in range(num_texts) if image_of_text[t] == i})
        for i in range(num_images)
    ]
    ir = [hit([row[t] for row in scores], {image_of_text[t]}) for t in range(num_texts)]
    return 100 * sum(tr) / num_images, 100 * sum(ir) / num_texts


@pytest.mark.parametrize("cells_per_chunk", [1, 70, 100_000])
@pytest.mark.parametrize("k", [1, 3])
def test_equals_sorting_by_hand_ties_included(k: int, cells_per_chunk: int):
    # Few distinct coordinates, so that equal scores are frequent.
    images = torch.randint(0, 2, (20, 3)).double()
    texts = torch.randint(0, 2, (50, 3)).double()
    image_of_text = torch.cat([torch.arange(20), torch.randint(0, 20, (30,))]).sort().values
    scores = (images @ texts.T).tolist()
    ours = retrieval_recall(images, texts, image_of_text, (k,), cells_per_chunk)
    assert (ours[f"tr_r{k}"], ours[f"ir_r{k}"]) == pytest.approx(
        recall_in_loops(scores, image_of_text.tolist(), k)
    )


RECALLS = ("tr_r1", "tr_r5", "tr_r10", "ir_r1", "ir_r5", "ir_r10")


@pytest.mark.parametrize("count", [4, 10, 30])
@pytest.mark.parametrize("value", [1.0, math.nan])
def test_constant_and_missing_embeddings_find_nothing(value: float, count: int):
    same = F.normalize(torch.full((count, 4), value), dim=-1)
    recall = retrieval_recall(same, same, torch.arange(count))
    assert recall == dict.fromkeys(RECALLS, 0.0)


def test_an_image_that_is_not_a_number_loses_itself_and_all_texts():
    """Each text is compared with all images, so that none of its ranks is known."""
    images = torch.eye(20)
    texts = images.clone()
    images[3] = math.nan
    recall = retrieval_recall(images, texts, torch.arange(20), (1,))
    assert recall == {"tr_r1": pytest.approx(95.0), "ir_r1": 0.0}


def test_metric_knows_which_caption_belongs_to_which_image():
    images = F.normalize(torch.randn(4, 8), dim=-1)
    metric = RetrievalRecall(top_k=(1,))
    for image, count in zip(images, (1, 3, 2, 1), strict=True):
        metric.process({}, [{"image_embeds": image, "text_embeds": image.repeat(count, 1)}])
    assert metric.evaluate(4) == {"retrieval/tr_r1": 100.0, "retrieval/ir_r1": 100.0}


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("image_embeds", "1 of 3 image embeddings are not finite .*: image 1"),
        ("text_embeds", r"1 of 6 text embeddings are not finite .*: text 2 \(of image 1\)"),
    ],
)
def test_metric_says_whose_embeddings_are_not_finite(key: str, told: str):
    metric = RetrievalRecall()
    for number in range(3):
        sample = {"image_embeds": torch.ones(4), "text_embeds": torch.ones(2, 4)}
        if number == 1:
            sample[key].view(-1)[0] = math.nan
        metric.process({}, [sample])
    with pytest.raises(ValueError, match=told):
        metric.evaluate(3)
