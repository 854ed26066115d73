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


def test_constant_embeddings_find_nothing():
    ones = F.normalize(torch.ones(10, 4), dim=-1)
    assert retrieval_recall(ones, ones, torch.arange(10), (1, 5)) == {
        "tr_r1": 0.0,
        "tr_r5": 0.0,
        "ir_r1": 0.0,
        "ir_r5": 0.0,
    }


def test_metric_knows_which_caption_belongs_to_which_image():
    images = F.normalize(torch.randn(4, 8), dim=-1)
    metric = RetrievalRecall(top_k=(1,))
    for image, count in zip(images, (1, 3, 2, 1), strict=True):
        metric.process({}, [{"image_embeds": image, "text_embeds": image.repeat(count, 1)}])
    assert metric.evaluate(4) == {"retrieval/tr_r1": 100.0, "retrieval/ir_r1": 100.0}
