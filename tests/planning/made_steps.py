"""A step whose memory and work follow from a formula, and a plan of it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from iclip.batch_sizes import BatchSizes
from iclip.gpu_models import gpu_model
from iclip.planning.ledger import BACK, FORWARD, Account, Work
from iclip.planning.plan import Hardware, Plan
from iclip.planning.traced_step import TracedStep

GIB = 2**30


class MadeStep:
    """Needs 2 GiB and one per sample, with checkpointing an eighth of it, or half if cheap."""

    micro_batch_option = "--micro-batch-size "

    def __init__(self, shares: bool = True) -> None:
        self.notes = ["an assumption"]
        self.shares = shares
        self.traced: list[BatchSizes] = []

    def sizes(self, gpus: int) -> BatchSizes:
        return BatchSizes(256, gpus, 256 // gpus, 1)

    def smaller(self, sizes: BatchSizes) -> list[BatchSizes]:
        share = sizes.micro_batch_size * sizes.accumulation
        return [
            replace(sizes, micro_batch_size=size, accumulation=share // size)
            for size in (1, 2, 4, 8, 16, 32, 64, 128)
            if size < sizes.micro_batch_size
        ]

    def on_more_gpus(self, sizes: BatchSizes, gpus: int) -> BatchSizes | None:
        return BatchSizes(256, gpus, 256 // gpus, 1) if self.shares else None

    def samples(self, sizes: BatchSizes) -> dict[str, int]:
        return {"labelled": 85, "pairs": 171}

    def trace(self, sizes: BatchSizes, backbone: Mapping[str, Any] | None = None) -> TracedStep:
        self.traced.append(sizes)
        divisor = {None: 1, "cheap": 2, True: 8}[backbone and backbone["with_cp"]]
        kept = sizes.micro_batch_size * GIB // divisor
        work = Work("images", BACK, "bfloat16")
        flops = Counter({work: 10**12 * (4 if backbone else 3)})
        return TracedStep(Account(Counter(parameters=2 * GIB, images=kept), flops), 3 * 10**9)


def made_plan(**changes: Any) -> Plan:
    """Return a plan with three parts, in bfloat16 and float32."""
    account = Account(
        peak=Counter({"images": 20 * GIB, "parameters": 2 * GIB}),
        flops=Counter(
            {
                Work("images", FORWARD, "bfloat16"): 100 * 10**12,
                Work("images", BACK, "bfloat16"): 200 * 10**12,
                Work("losses", FORWARD, "float32"): 10**12,
            }
        ),
        sent=Counter({"gradients": 2 * 10**9}),
    )
    plan = Plan(
        config="configs/made.py",
        hardware=Hardware(8, 79, "h100", gpu_model("h100")),
        sizes=BatchSizes(12288, 8, 192, 8),
        step=TracedStep(account, state_bytes=3 * 10**9),
        notes=["captions are made up"],
        max_iters=1000,
        samples={"labelled": 4096, "pairs": 8192},
        kept_checkpoints=3,
    )
    return replace(plan, **changes)
