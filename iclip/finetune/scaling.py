"""How a training follows the size of its data and the machine: one pure function per rule.

A recipe is made for one data set. What depends on that set's size is scaled here, in samples rather
than in steps, because the learning rate follows the batch: twice the batch at twice the rate takes
half the steps. Each rule returns its value with the reason, which the user reads.

Origins: [recipe] the task's recipe below ``downstream/``, [public] other projects' settings,
[choice] ours, not measured.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from iclip.messages import counted, printable

# Words in the names of classes that a mirrored image would make wrong.
_SIDES = re.compile(
    r"(?<![a-z])(left|right|clockwise|anticlockwise|counterclockwise)(?![a-z])", re.IGNORECASE
)

T = TypeVar("T")

# [choice] Fewest samples that a training sees: 1,500 steps of 16. The heads start at random, and
# the warm-up alone takes hundreds of steps.
LEAST_SAMPLES = 24_000
# [public] Most passes over the data, the default of the YOLO family: later ones only repeat images
# that the network knows by heart.
MOST_EPOCHS = 300
# [choice] Most of a run that the warm-up takes; iclip.engine.start.warm_up has the same bound.
WARM_UP_SHARE = 0.1
# mmengine's LinearLR of one step stays at its start factor.
LEAST_WARM_UP = 2
# [choice] Validations of a training.
VALIDATIONS = 10
# [public] LVIS's threshold (arXiv:1908.03195, appendix B): a class on a smaller share of the images
# is repeated.
REPEAT_THRESHOLD = 1e-3
# [choice] A training that sees less than this share of the recipe's samples has half its drop path.
SHORT_TRAINING = 0.1
# [choice] Samples at a time with a convolutional stem, whose batch norm measures them.
CONV_STEM_BATCH = 8
# Sides are multiples of the stride of the last map of Swin.
STRIDE = 32
# [choice] On a GPU, images are enlarged at most so far.
MOST_ENLARGED = 2


class Ruled(NamedTuple, Generic[T]):
    """What a rule chose, and why, in words."""

    value: T
    why: str


@dataclass(frozen=True)
class Recipe:
    """The numbers of a task's recipe from which a training is scaled.

    Attributes:
        samples: Training samples of the recipe's own data set.
        epochs: Passes over them.
        batch: Samples of a step for which the learning rates hold.
        batch_per_gpu: Samples that a GPU computes at once.
        warm_up: Steps of the warm-up.
        learning_rates: By arch: ``tiny``, ``small``, ``base``, ``large``, and ``micro`` for
            smaller networks.
        drop_paths: By arch, too.
        sides: Side in pixels on a GPU, by arch: of the image's shorter side, or of a crop.
        cpu_side: The same on a CPU.
        repeats_rare: Whether images of rare classes are repeated.
        layer_decay: Factor of the learning rate from each layer to the one before it.
    """

    samples: int
    epochs: int
    batch: int
    batch_per_gpu: int
    warm_up: int
    learning_rates: Mapping[str, float]
    drop_paths: Mapping[str, float]
    sides: Mapping[str, int]
    cpu_side: int
    repeats_rare: bool = False
    layer_decay: float = 1.0

    @property
    def seen(self) -> int:
        """Samples that the recipe's own training sees."""
        return self.epochs * self.samples


def epochs(samples: int, recipe: Recipe) -> Ruled[int]:
    """Choose the passes over the data: the recipe's, within bounds on the samples seen.

    Args:
        samples: Training samples.
        recipe: The task's recipe.
    """
    least = min(math.ceil(LEAST_SAMPLES / samples), MOST_EPOCHS)
    most = max(recipe.seen // samples, 1)
    if recipe.epochs < least:
        bound = " at most" if least == MOST_EPOCHS else f", to see {LEAST_SAMPLES:,} samples"
        return Ruled(least, f"more than the recipe's {recipe.epochs} for {samples:,}{bound}")
    if recipe.epochs > most:
        return Ruled(most, f"fewer than the recipe's {recipe.epochs}, to see what it sees in all")
    return Ruled(recipe.epochs, "the recipe's")


def epoch_steps(samples: int, batch_size: int, processes: int) -> int:
    """Return the steps of an epoch; the last one may be smaller."""
    return math.ceil(samples / (batch_size * processes))


def warm_up(steps: int, recipe: Recipe) -> Ruled[int]:
    """Choose the steps of the warm-up: the recipe's, at most a tenth of the run.

    Args:
        steps: Steps of the run.
        recipe: The task's recipe.
    """
    share = int(WARM_UP_SHARE * steps)
    if recipe.warm_up <= share:
        return Ruled(recipe.warm_up, "the recipe's")
    if share < LEAST_WARM_UP:
        return Ruled(0, f"none in a run of {counted(steps, 'step')}")
    return Ruled(share, f"a tenth of {steps:,} steps; the recipe's is {recipe.warm_up:,}")


def validation_interval(length: int) -> int:
    """Return after how many epochs, or steps, a validation and a checkpoint follow.

    The last epoch is validated in any case.

    Args:
        length: Epochs or steps of the run.
    """
    return max(length // VALIDATIONS, 1)


def batch_size(samples: int, recipe: Recipe, stem: str, processes: int = 1) -> Ruled[int]:
    """Choose the samples that a process computes at once.

    Args:
        samples: Training samples.
        recipe: The task's recipe.
        stem: The backbone's ``stem``.
        processes: Processes of the run.
    """
    size, why = recipe.batch_per_gpu, "the recipe's on each GPU"
    if stem == "conv" and size < CONV_STEM_BATCH:
        size, why = CONV_STEM_BATCH, "for the batch norm of the convolutional stem"
    # A larger one would show samples twice in a step.
    share = math.ceil(samples / processes)
    if share >= size:
        return Ruled(size, why)
    shared = "" if processes == 1 else f", shared by {processes} processes"
    return Ruled(share, f"all of {counted(samples, 'sample')}{shared}")


def learning_rate(size: str, batch: int, recipe: Recipe) -> Ruled[float]:
    """Scale the recipe's learning rate linearly with the batch, as mmengine's auto_scale_lr does.

    Args:
        size: Key of the recipe's learning rates.
        batch: Samples of a step, over all processes.
        recipe: The task's recipe.

    Returns:
        The rate after the warm-up. The config states that of the recipe's batch, and mmengine
        scales it by the processes that there are.
    """
    rate = recipe.learning_rates[size]
    why = f"the recipe's {rate:g} per {recipe.batch} samples, linear in the batch of {batch}"
    return Ruled(rate * batch / recipe.batch, why)


def image_side(size: str, recipe: Recipe, device: str, median: int | None) -> Ruled[int]:
    """Choose the side in pixels to which images are resized or cropped.

    Args:
        size: Key of the recipe's sides.
        recipe: The task's recipe.
        device: ``cuda`` or ``cpu``.
        median: Median of the data's shorter sides; None if unknown.

    Returns:
        A multiple of 32. On a GPU the recipe's, but at most twice the median; on a CPU a smaller
        one, at most the median.
    """
    on_gpu = device == "cuda"
    side = recipe.sides[size] if on_gpu else recipe.cpu_side
    why = "the recipe's" if on_gpu else f"on a CPU; the recipe's is {recipe.sides[size]}"
    if median is None:
        return Ruled(side, why)
    bound = max(math.ceil(median * (MOST_ENLARGED if on_gpu else 1) / STRIDE), 1) * STRIDE
    if side <= bound:
        return Ruled(side, why)
    relation = "twice the median" if on_gpu else "the median"
    return Ruled(bound, f"{relation} shorter side of {median} pixels, in steps of {STRIDE}")


def drop_path(size: str, seen: int, recipe: Recipe) -> Ruled[float]:
    """Choose the probability of dropped branches; half the recipe's in a short training.

    Noise prevents that long trainings overfit; short ones it slows down.

    Args:
        size: Key of the recipe's probabilities.
        seen: Samples that the training sees.
        recipe: The task's recipe.
    """
    rate = recipe.drop_paths[size]
    if rate and seen < SHORT_TRAINING * recipe.seen:
        return Ruled(rate / 2, f"half the recipe's {rate:g}: a short training")
    return Ruled(rate, f"the recipe's for a {size} network")


def repeat_threshold(
    samples: int, images_of_class: Sequence[int], recipe: Recipe
) -> Ruled[float | None]:
    """Choose LVIS's repeat-factor sampling where classes are rarer than its threshold.

    Args:
        samples: Training images.
        images_of_class: Images that show each class; a class without images does not count.
        recipe: The task's recipe.

    Returns:
        The threshold, or None where no class is as rare or the recipe does not repeat.
    """
    shown = [images for images in images_of_class if images]
    rare = sum(images < REPEAT_THRESHOLD * samples for images in shown)
    if not recipe.repeats_rare or not rare:
        return Ruled(None, "no class is on less than 1 image in 1,000")
    return Ruled(
        REPEAT_THRESHOLD, f"{counted(rare, 'class', 'classes')} on less than 1 image in 1,000"
    )


def mirror(classes: Sequence[str]) -> Ruled[bool]:
    """Choose whether half of the training samples are mirrored, as the recipes do.

    Args:
        classes: Names of the classes.
    """
    telling = next((name for name in classes if _SIDES.search(name)), None)
    if telling is not None:
        return Ruled(False, f"class {printable(telling)!r} tells left from right")
    return Ruled(True, "the recipe's")


def workers(device: str, cores: int, processes: int) -> Ruled[int]:
    """Choose the data workers of a process.

    Args:
        device: ``cuda`` or ``cpu``.
        cores: Cores that this process may use.
        processes: Processes of the run on this machine.
    """
    if device == "cpu":
        return Ruled(0, "the cores compute")
    return Ruled(min(4, cores // processes), f"at most 4 of {counted(cores, 'core')}")
