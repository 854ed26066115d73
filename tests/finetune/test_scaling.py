"""Every rule by which a training follows its data, at the sizes that people have."""

import math
from fractions import Fraction

import pytest

from iclip.engine.start import warm_up as engine_warm_up
from iclip.finetune import scaling
from iclip.finetune.scaling import Recipe

RECIPE = Recipe(
    samples=100_000, epochs=24, batch=16, batch_per_gpu=2, warm_up=500,
    learning_rates={"base": 1e-4, "micro": 2e-3}, drop_paths={"base": 0.3, "micro": 0.0},
    sides={"base": 800, "micro": 800}, cpu_side=320, repeats_rare=True,
)  # fmt: skip
SIZES = [1, 10, 300, 1_000, 10_000, 100_000, 1_000_000, 50_000_000]


@pytest.mark.parametrize(
    ("samples", "epochs"),
    [
        (1, 300),  # the most passes
        (10, 300),
        (300, 80),  # 24,000 samples
        (1_000, 24),
        (10_000, 24),
        (100_000, 24),
        (1_000_000, 2),  # 2.4 million samples
        (50_000_000, 1),
    ],
)
def test_epochs_of_small_and_large_data(samples: int, epochs: int):
    assert scaling.epochs(samples, RECIPE).value == epochs


@pytest.mark.parametrize("samples", SIZES)
def test_training_sees_enough_and_not_more_than_the_recipe(samples: int):
    epochs = scaling.epochs(samples, RECIPE).value
    seen = epochs * samples
    assert seen >= 24_000 or epochs == 300
    assert seen <= 24 * 100_000 or epochs == 1


@pytest.mark.parametrize("samples", SIZES)
@pytest.mark.parametrize("batch", [1, 2, 16, 512])
def test_warm_up_leaves_most_of_the_run(samples: int, batch: int):
    steps = scaling.epochs(samples, RECIPE).value * scaling.epoch_steps(samples, batch, 1)
    warm_up = scaling.warm_up(steps, RECIPE).value
    assert warm_up == 0 or 2 <= warm_up <= min(500, steps / 10)


def test_bound_of_the_warm_up_is_the_engines():
    assert scaling.WARM_UP_SHARE == engine_warm_up.WARM_UP_FRACTION
    assert scaling.LEAST_WARM_UP == engine_warm_up.MIN_WARM_UP


@pytest.mark.parametrize("samples", [1, 7, 8, 9, 1000])
@pytest.mark.parametrize(("batch", "processes"), [(1, 1), (2, 1), (2, 4), (16, 3)])
def test_epoch_has_as_many_steps_as_the_samples_fill(samples: int, batch: int, processes: int):
    left, steps = samples, 0
    while left > 0:
        left, steps = left - batch * processes, steps + 1
    assert scaling.epoch_steps(samples, batch, processes) == steps


@pytest.mark.parametrize("length", [1, 2, 9, 10, 24, 80, 300, 160_000])
def test_about_ten_validations(length: int):
    interval = scaling.validation_interval(length)
    assert interval >= 1
    assert math.ceil(length / interval) <= 19
    assert length < 10 or length // interval >= 10


@pytest.mark.parametrize(
    ("samples", "stem", "size"),
    [(1000, "patch", 2), (1, "patch", 1), (1000, "conv", 8), (5, "conv", 5)],
)
def test_batch_is_the_recipes_but_for_batch_norm_and_few_samples(samples, stem, size):
    assert scaling.batch_size(samples, RECIPE, stem).value == size


@pytest.mark.parametrize(("processes", "size"), [(1, 5), (2, 3), (4, 2), (9, 1)])
def test_no_step_of_small_data_shows_a_sample_twice(processes: int, size: int):
    ruled = scaling.batch_size(5, RECIPE, "conv", processes)
    assert ruled.value == size
    assert ruled.why == "all of 5 samples" + (
        f", shared by {processes} processes" * (processes > 1)
    )


@pytest.mark.parametrize("batch", [1, 2, 16, 64])
def test_learning_rate_is_linear_in_the_batch(batch: int):
    rate = scaling.learning_rate("base", batch, RECIPE).value
    assert rate == pytest.approx(float(Fraction(1, 10_000) * batch / 16))


@pytest.mark.parametrize(
    ("device", "median", "side"),
    [
        ("cuda", None, 800),
        ("cuda", 480, 800),
        ("cuda", 100, 224),  # twice, up to a multiple of 32
        ("cuda", 1, 32),
        ("cpu", None, 320),
        ("cpu", 480, 320),
        ("cpu", 128, 128),
        ("cpu", 129, 160),
    ],
)
def test_side_follows_the_device_and_the_images(device: str, median: int | None, side: int):
    assert scaling.image_side("base", RECIPE, device, median).value == side


@pytest.mark.parametrize(
    ("size", "seen", "rate"),
    [("base", 240_000, 0.3), ("base", 239_999, 0.15), ("micro", 10, 0.0), ("base", 10**9, 0.3)],
)
def test_drop_path_is_halved_in_a_short_training(size: str, seen: int, rate: float):
    assert scaling.drop_path(size, seen, RECIPE).value == rate


@pytest.mark.parametrize(
    ("samples", "images", "threshold"),
    [
        (300, [1, 299], None),  # one in 300 is no long tail
        (10_000, [9, 5_000], 1e-3),
        (10_000, [10, 5_000], None),
        (1_000_000, [0, 5_000], None),  # nothing to repeat
        (10_000, [], None),
    ],
)
def test_rare_classes_are_repeated_below_lviss_threshold(samples, images, threshold):
    assert scaling.repeat_threshold(samples, images, RECIPE).value == threshold


@pytest.mark.parametrize(
    ("name", "mirrored"),
    [("turn left", False), ("Right-hand", False), ("LEFT", False), ("bright", True),
     ("cleft", True), ("move_right", False), ("clockwise", False), ("links", True)],
)  # fmt: skip
def test_classes_that_tell_left_from_right_are_not_mirrored(name: str, mirrored: bool):
    assert scaling.mirror(["cat", name]).value is mirrored


@pytest.mark.parametrize(
    ("device", "cores", "processes", "workers"),
    [("cpu", 64, 1, 0), ("cuda", 64, 1, 4), ("cuda", 16, 8, 2), ("cuda", 4, 8, 0)],
)
def test_workers_share_the_cores(device: str, cores: int, processes: int, workers: int):
    assert scaling.workers(device, cores, processes).value == workers
