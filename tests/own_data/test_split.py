import numpy as np
import pytest

from iclip.own_data.split import MAX_VAL, VAL_SHARE, draw_val

NAMES = [f"images/{n:05}.jpg" for n in range(4000)]


def test_about_a_fifth_is_drawn() -> None:
    drawn = draw_val(NAMES, [()] * len(NAMES))
    spread = np.sqrt(len(NAMES) * VAL_SHARE * (1 - VAL_SHARE))
    assert abs(drawn.sum() - VAL_SHARE * len(NAMES)) < 4 * spread


def test_at_most_about_five_thousand_are_drawn() -> None:
    names = [str(n) for n in range(60_000)]
    drawn = draw_val(names, [()] * len(names)).sum()
    assert abs(drawn - MAX_VAL) < 4 * np.sqrt(MAX_VAL)


def test_other_images_and_the_order_do_not_matter() -> None:
    drawn = dict(zip(NAMES, draw_val(NAMES, [()] * len(NAMES)), strict=True))
    fewer = NAMES[::-3]
    assert list(draw_val(fewer, [()] * len(fewer))) == [drawn[name] for name in fewer]


@pytest.mark.parametrize("count", range(2, 12))
def test_no_part_is_empty(count: int) -> None:
    for start in range(0, 400, count):
        drawn = draw_val(NAMES[start : start + count], [()] * count)
        assert 0 < drawn.sum() < count


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_is_drawn_of_a_single_sample(count: int) -> None:
    assert not draw_val(NAMES[:count], [()] * count).any()


def test_each_class_of_five_samples_is_in_both_parts() -> None:
    # Class n has n + 5 samples, one class each.
    labels = [(label,) for label in range(20) for _ in range(label + 5)]
    drawn = draw_val(NAMES[: len(labels)], labels)
    for label in range(20):
        sides = {bool(side) for side, of in zip(drawn, labels, strict=True) if label in of}
        assert sides == {False, True}


@pytest.mark.parametrize("seed", range(20))
def test_validation_has_no_class_that_training_lacks(seed: int) -> None:
    random = np.random.default_rng(seed)
    labels = [tuple(random.integers(0, 30, random.integers(0, 4))) for _ in range(60)]
    names = [f"{seed}/{name}" for name in NAMES[:60]]
    drawn = draw_val(names, labels)
    train = {label for of, val in zip(labels, drawn, strict=True) if not val for label in of}
    val = {label for of, val in zip(labels, drawn, strict=True) if val for label in of}
    assert val <= train
    assert 0 < drawn.sum() < 60


@pytest.mark.parametrize(
    "labels", [[(0,), ()], [(), (0,)], [(0,), (1,), (0, 1)], [(0, 1), (0,), (1,)]]
)
def test_a_sample_that_can_be_spared_is_drawn(labels: list[tuple[int, ...]]) -> None:
    for start in range(0, 90, 3):
        drawn = draw_val(NAMES[start : start + len(labels)], labels)
        assert drawn.sum() == 1
        assert {
            label for of, val in zip(labels, drawn, strict=True) if not val for label in of
        } == {label for of in labels for label in of}


def test_nothing_is_drawn_where_each_sample_has_a_class_of_its_own() -> None:
    assert not draw_val(NAMES[:5], [(n,) for n in range(5)]).any()


def test_rare_classes_do_not_take_the_samples_from_training() -> None:
    labels = [(label,) for label in range(400) for _ in range(2)]
    drawn = draw_val(NAMES[: len(labels)], labels)
    assert drawn.sum() < 1.3 * VAL_SHARE * len(labels)


def test_a_name_need_not_be_utf_8() -> None:
    draw_val([b"\xff.jpg".decode("utf-8", "surrogateescape"), "a.jpg"], [(), ()])
