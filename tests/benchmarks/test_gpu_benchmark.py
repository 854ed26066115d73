"""The benchmark's parts in their tiny form, and who runs them."""

import importlib
import json
import math
import sys
import time
from pathlib import Path

import pytest
import torch

from iclip.benchmarks import first_steps, gpu, transfer_models
from iclip.benchmarks.record import Record
from iclip.benchmarks.settings import Settings
from iclip.commands import benchmark
from iclip.commands.command_line import main
from iclip.doctor import Finding

TINY = Settings(device="cpu", tiny=True, rounds=1)


@pytest.fixture
def record(tmp_path: Path) -> Record:
    made = Record(tmp_path / "deep" / "gpu.x")
    made.start({"device": "cpu", "card": "none"})
    return made


def by_name(record: Record) -> dict[str, dict]:
    return {line["what"]: line for line in record.read() if "what" in line}


@pytest.mark.parametrize("part", [name for name in gpu.PARTS if name != first_steps.NAME])
def test_a_part_writes_its_figures(part: str, record: Record):
    gpu.load(part)(TINY, record)
    lines = by_name(record)
    assert len(lines) >= 3
    for line in lines.values():
        assert "error" not in line, line
        assert isinstance(line["value"], str) or 0 < line["value"] < math.inf


def test_first_steps_are_of_all_methods_and_transfers(
    record: Record, monkeypatch: pytest.MonkeyPatch
):
    findings = [Finding("one", True, "fine"), Finding("two", False, "broken", "mend it")]
    monkeypatch.setattr(first_steps, "CAPABILITIES", ("one", "two"))
    monkeypatch.setattr(
        first_steps, "try_capability", lambda name: findings[("one", "two").index(name)]
    )
    first_steps.run(TINY, record)
    lines = by_name(record)
    assert lines.pop("doctor: two")["error"] == "broken"
    assert {name for name in lines if "/" in name} == {*first_steps.MICRO}
    assert {*first_steps.SWIN_T} < {*lines}
    for task in ("detection", "segmentation", "video"):
        assert {f"{task}, small", f"{task}, Swin-T"} < {*lines}
    assert not [line for line in lines.values() if "error" in line]


def test_each_part_goes_by_its_modules_name():
    for part, (module, _) in gpu.PARTS.items():
        assert part == importlib.import_module(f"iclip.benchmarks.{module}").NAME


def test_the_configs_of_the_real_sizes_are_there():
    files = [config for sizes in transfer_models.TRANSFERS.values() for config in sizes.values()]
    assert len(files) == 9
    assert all((transfer_models.DOWNSTREAM / config).is_file() for config in files)


@pytest.mark.parametrize("task", transfer_models.TRANSFERS)
def test_a_batch_of_the_real_size_has_a_label_for_each_input(task: str):
    batch = transfer_models.made_up_batch(task, transfer_models.SIZES[task])
    count, *shape = transfer_models.SIZES[task]
    assert len(batch["inputs"]) == len(batch["data_samples"]) == count
    assert {tuple(inputs.shape) for inputs in batch["inputs"]} == {tuple(shape)}


def test_a_loss_that_is_not_finite_is_a_failure(record: Record):
    class Broken:
        loss = math.nan

        def __call__(self) -> None: ...

    first_steps._second_step(Broken(), "broken", TINY, record)  # type: ignore[arg-type]
    assert by_name(record)["broken"]["error"] == "the loss of the second step is nan"


def test_an_error_is_a_line_and_the_next_part_runs(record: Record, monkeypatch: pytest.MonkeyPatch):
    def broken(settings: Settings, record: Record) -> None:
        raise torch.cuda.OutOfMemoryError("CUDA out of memory.\nTried to allocate 1 GiB")

    def late(settings: Settings, record: Record) -> None:
        raise AssertionError("must not run")

    def fine(settings: Settings, record: Record) -> None:
        assert settings.left > 0
        record.add("fine", "speed", 3.0, "images/s", "a | b")

    parts = {"broken": broken, "late": late, "fine": fine}
    load = gpu.load
    monkeypatch.setattr(gpu, "load", lambda part: parts.get(part) or load(part))
    monkeypatch.setitem(gpu.PARTS, "absent", ("no_such_module", 1.0))
    now = time.time()
    until = {"broken": now + 60, "absent": now + 60, "late": now - 1, "fine": now + 60}
    gpu.work(until, TINY, record)
    failed = [line["error"] for line in record.read() if "error" in line]
    assert failed == [
        "OutOfMemoryError: CUDA out of memory.",
        "ModuleNotFoundError: No module named 'iclip.benchmarks.no_such_module'",
        "its time was over before it began",
    ]
    assert by_name(record)["speed"]["value"] == 3.0
    table = record.table_file.read_text().splitlines()
    assert table[:2] == ["- device: cpu", "- card: none"]
    assert table[-1] == "| fine | speed | 3 images/s | a / b |"


WORKER = """
import json, os, sys, time
from pathlib import Path
from iclip.benchmarks.record import Record
record = Record(Path(sys.argv[1]))
for part in json.loads(sys.argv[2]):
    record.begin(part)
    if part == "dies":
        os._exit(7)
    if part == "hangs":
        time.sleep(600)
    record.add(part, "done", 1.0)
"""


def test_what_dies_or_hangs_is_recorded_and_the_next_parts_run(record: Record):
    out = record.lines_file.with_name(record.lines_file.name.removesuffix(".jsonl"))
    command = [sys.executable, "-c", WORKER, str(out)]
    now = time.time()
    until = {"first": now + 60, "dies": now + 60, "hangs": now, "last": now + 90}
    gpu.supervise(until, command, record, grace=5)
    lines = [line for line in record.read() if "what" in line]
    assert [(line["part"], line.get("error")) for line in lines] == [
        ("first", None),
        ("dies", "its process ended with status 7"),
        ("hangs", "ended: its time was over"),
        ("last", None),
    ]


def test_times_follow_the_shares_in_order():
    ends = gpu.ends(list(gpu.PARTS), start=100.0, minutes=8)
    shares = [share for _, share in gpu.PARTS.values()]
    assert sum(shares) == pytest.approx(1)
    for place, end in enumerate(ends.values(), start=1):
        assert end == pytest.approx(100 + 480 * sum(shares[:place]))


def test_the_command_runs_a_part_in_a_process_of_its_own(tmp_path: Path, capfd):
    out = tmp_path / "gpu"
    given = ["--device", "cpu", "--tiny", "--minutes", "5", "--out", str(out)]
    assert main(benchmark, ["gpu", *given, "--parts", "attention"]) == 0
    lines = [json.loads(line) for line in (tmp_path / "gpu.jsonl").read_text().splitlines()]
    assert lines[0]["head"]["device"] == "cpu" and "torch" in lines[0]["head"]["versions"]
    assert lines[1] == {"begin": "attention"}
    assert len(lines) > 4 and not [line for line in lines if "error" in line]
    assert str(tmp_path / "gpu.md") in capfd.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--parts", "speed"], r"--parts 'speed' is unknown; there are 'runs', 'attention'"),
        (["--minutes", "0"], r"--minutes 0: give a number above 0"),
        (["--device", "cuda"], r"--device cuda, and torch sees no GPU: tools/doctor.py says why"),
    ],
)
def test_a_wrong_option_is_one_message(
    options: list[str], message: str, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    given = ["gpu", "--device", "cpu", "--out", str(tmp_path / "gpu"), *options]
    assert main(benchmark, given) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
