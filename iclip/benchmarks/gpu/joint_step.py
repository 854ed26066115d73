"""Part 4: the joint step of the large setting with one rank's class texts, whole and by parts."""

from iclip.benchmarks.gpu.kernel_times import record_kernels
from iclip.benchmarks.gpu.record import Record
from iclip.benchmarks.gpu.training import MethodStep
from iclip.benchmarks.harness.machine import flops_of, rate_notes
from iclip.benchmarks.harness.settings import Settings
from iclip.benchmarks.harness.timing import Laps, medians
from iclip.benchmarks.inputs.made_up import build_method, made_up_batch
from iclip.distributed import gather
from iclip.models.losses import PairEmbeds, class_text_loss, contrastive_loss

NAME = "joint step"
CONFIG = "iclip_swinb.py"
# By the number of class texts per rank, the peak of the tensors in GiB by tools/plan.py with
# --gpus 1 --global-batch-size 192 --classes N. ImageNet-22K's 21,841 classes are about 341 per rank
# on 64 ranks and 2,731 on 8.
PLANNED_GIB = {341: 30.4, 2731: 32.6}
TINY = (3, 5)  # class texts
LABELLED, PAIRS = 64, 128  # images per rank


def run(settings: Settings, record: Record) -> None:
    """Record the time, whole and by parts, and the memory beside the planned one."""
    for texts in TINY if settings.tiny else PLANNED_GIB:
        with record.attempt(NAME, f"{texts} class texts"):
            _measure(texts, settings, record)
        settings.free()


def build_step(texts: int, settings: Settings) -> tuple[str, MethodStep]:
    """Build the step with so many class texts; return what it is, and the step."""
    labelled, pairs, side = (2, 3, 56) if settings.tiny else (LABELLED, PAIRS, 224)
    model = build_method(CONFIG, texts, settings.tiny)
    step = MethodStep(model, made_up_batch(model, labelled, pairs, side), settings)
    return f"{labelled} + {pairs} images, {texts} class texts", step


def record_whole(
    part: str,
    what: str,
    step: MethodStep,
    settings: Settings,
    record: Record,
    flops: int,
    share: float = 1.0,
) -> None:
    """Measure whole steps in a share of the remaining time; record their time and their rate.

    Args:
        part: The part of the measurements.
        what: What is measured.
        step: It has run before.
        settings: The device and the deadline.
        record: Receives the measurement.
        flops: Floating-point operations of a step.
        share: Share of the remaining time that may be used.
    """
    seconds, rounds = medians({what: step}, settings, share)
    notes = [f"median of {rounds}", f"{flops / 1e12:.3g} TFLOP"]
    notes += rate_notes(flops, seconds[what], settings.device)
    record.add(part, what, seconds[what] * 1e3, "ms", "; ".join(notes))


def _measure(texts: int, settings: Settings, record: Record) -> None:
    """Measure the step with so many class texts."""
    what, step = build_step(texts, settings)
    step()  # warm-up
    with settings.memory() as peak:
        step()
    if peak.total:
        planned = PLANNED_GIB.get(texts, peak.total)  # tiny forms are not planned
        note = f"planned: {planned:.1f} GiB, measured / planned: {peak.total / planned:.2f}"
        record.add(NAME, f"{what}: memory", peak.total, "GiB", note)
    for name, seconds in _laps(step, settings).items():
        record.add(NAME, f"{what}: {name}", seconds * 1e3, "ms", "once, waiting behind each part")
    share = 0.5 / len(PLANNED_GIB)
    record_whole(NAME, f"{what}: whole step", step, settings, record, flops_of(step), share)
    record_kernels(NAME, what, step, settings, record)


def _laps(step: MethodStep, settings: Settings) -> dict[str, float]:
    """Time the parts of a step in seconds, as :class:`iclip.models.ICLIP` computes them."""
    model = step.model
    laps = Laps(settings)
    data = model.data_preprocessor(step.batch, True)
    laps.lap("batch to the device")
    labels = data["gt_labels"].to(settings.device)
    with settings.autocast():
        image_embeds = model.encode_image(data["inputs"])
        laps.lap("images forward")
        class_embeds = model.encode_classes()
        laps.lap("class texts forward")
        text_embeds = model.encode_text(data["token_ids"])
        laps.lap("captions forward")
    # The labelled images come first in a batch.
    labelled, paired = image_embeds.split([len(labels), len(text_embeds)])
    scale = model.logit_scale
    loss = class_text_loss(labelled, class_embeds, labels, scale) / len(labels)
    pairs = gather(PairEmbeds(paired, text_embeds), [len(paired)])
    loss = loss + contrastive_loss(pairs, scale) / len(paired)
    laps.lap("losses")
    loss.backward()
    laps.lap("backward")
    step.optimizer.step()
    step.optimizer.zero_grad()
    laps.lap("optimizer")
    return laps.seconds
