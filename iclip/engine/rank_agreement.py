"""What all ranks have to agree on before the first step, or they would train different runs.

Each rank states facts, and rank 0's are the measure: the state that a run starts from, the sizes of
a step, and the data. A machine may have been started with another command, have loaded another file
or hold another copy of the data; without this comparison, the run would end well, with garbage.
"""

import hashlib
import socket
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from mmengine.runner import Runner

from iclip.distributed import gather_objects, get_rank, get_world_size
from iclip.engine.saving.class_words import class_texts_in
from iclip.engine.unwrap_model import unwrap
from iclip.engine.weights_digest import weights_digest
from iclip.messages import listing

# Samples of a source whose names are compared, at even distances. A file that is missing on one
# machine moves all names after it.
COMPARED_NAMES = 1000

# What helps, by what the ranks disagree on.
STATE, STEPS, DATA = "state", "steps", "data"
_REMEDIES = {
    STEPS: "Start all machines with the same command, config and checkpoint",
    DATA: "Give all machines the same files, indices and class-text table: copy those of rank 0's",
}

# Values by name, for each of the three.
Facts = Mapping[str, Mapping[str, Any]]


def check_ranks_agree(runner: Runner) -> None:
    """Compare the facts of all ranks, in one exchange.

    Raises:
        ValueError: A rank disagrees with rank 0; the first fact in which one does, and all ranks
            that do.
    """
    if get_world_size() == 1:
        return
    everyone = gather_objects((socket.gethostname(), facts_of(runner)))
    for about, first in everyone[0][1].items():
        for name, value in first.items():
            others = [
                f"{facts[about].get(name)} on rank {rank} on {machine}"
                for rank, (machine, facts) in enumerate(everyone)
                if facts[about].get(name) != value
            ]
            if others:
                raise ValueError(
                    f"the ranks would not train one run: {name} is {value} on rank 0, but "
                    f"{listing(others, 5)}. {_remedy(about, runner)}"
                )


def facts_of(runner: Runner) -> Facts:
    """Return this rank's facts."""
    loop: Any = runner.train_loop
    return {
        STEPS: getattr(loop, "step_facts", dict)(),
        STATE: {
            "the iteration": runner.iter,
            "the digest of the weights": weights_digest(unwrap(runner.model)),
        },
        DATA: dict(_data_facts(runner)),
    }


def _data_facts(runner: Runner) -> Iterator[tuple[str, Any]]:
    texts = class_texts_in(runner.model)
    if texts is not None:
        yield "the digest of the class texts", _digest([repr(text) for text in texts])
    yield from _source_facts("train_dataloader", runner.train_loop.dataloader.dataset)
    loop: Any = runner.val_loop
    if loop is not None:
        loaders = getattr(loop, "dataloaders", None) or [loop.dataloader]
        for number, loader in enumerate(loaders):
            place = "val_dataloader" + (f"[{number}]" if len(loaders) > 1 else "")
            yield from _source_facts(place, loader.dataset)


def _source_facts(place: str, dataset: Any) -> Iterator[tuple[str, Any]]:
    """State the numbers of samples of a data set or of its sources, and some of their names."""
    sources = getattr(dataset, "sources", None)
    if sources is not None:
        for name, source in zip(dataset.source_names, sources, strict=True):
            if source is not None:
                yield from _source_facts(f"{place}, {name}", source)
        return
    yield f"the number of samples of {place}", len(dataset)
    if hasattr(dataset, "sample_name"):
        count = dataset.stored_count
        chosen = range(0, count, max(count // COMPARED_NAMES, 1))
        # Without the folders above, in which a machine may keep its copy.
        names = ["/".join(PurePath(dataset.sample_name(i)).parts[-2:]) for i in chosen]
        yield f"the digest of the samples' names of {place}", _digest(names)


def _digest(texts: list[str]) -> str:
    content = "\0".join(texts).encode("utf-8", "surrogateescape")
    return hashlib.sha256(content).hexdigest()[:16]


def _remedy(about: str, runner: Runner) -> str:
    if about != STATE:
        return _REMEDIES[about]
    loaded = f" than {runner._load_from}" if get_rank() == 0 and runner._load_from else ""
    return (
        f"Each rank has loaded another file{loaded}: copy rank 0's to every machine, or name a "
        "--work-dir that all share"
    )
