import pytest
import torch

from iclip.evaluation.finite import check_finite


def embeds(faulty: dict[int, float], rows: int = 2000) -> torch.Tensor:
    values = torch.ones(rows, 4)
    for row, value in faulty.items():
        values[row, 2] = value
    return values


def test_finite_rows_pass() -> None:
    check_finite(embeds({}), "image embeddings")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_how_many_and_whose(value: float) -> None:
    with pytest.raises(ValueError) as error:
        check_finite(embeds({3: value, 1999: value}), "image embeddings", "photo {}.jpg".format)
    assert str(error.value) == (
        "2 of 2,000 image embeddings are not finite (NaN or infinite): photo 3.jpg, photo "
        "1999.jpg. Look at these inputs, and evaluate in float32 if the precision is a lower one"
    )


def test_first_ones_are_named_and_the_rest_counted() -> None:
    with pytest.raises(ValueError, match="row 0, row 1, row 2, row 3, row 4 and 3 more"):
        check_finite(embeds(dict.fromkeys(range(8), float("nan"))), "text embeddings")


def test_all_faulty_means_the_weights() -> None:
    with pytest.raises(ValueError, match=r"4 of 4 logits .* weights are probably not finite"):
        check_finite(torch.full((4, 3), float("nan")), "logits")
