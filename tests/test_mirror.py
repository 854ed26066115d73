"""Where a module is tested: in the test file of its name, or in one that is stated here."""

from pathlib import Path

import pytest

from tests.support.source_imports import REPO, python_files

# A module below iclip/, without `.py`: the file below tests/, and why it has none of its own.
ELSEWHERE = {
    "benchmarks/harness/measurement": (
        "commands/test_benchmark.py",
        "an interface, whose one user is the command",
    ),
    "commands/after_embedding": (
        "commands/test_zeroshot.py",
        "the end that three commands share, which is seen in what they print",
    ),
    "commands/predicted_folder": (
        "commands/test_predict.py",
        "the end that two commands share, which is seen in what they print",
    ),
    "datasets/sample_key": ("datasets/test_mixing_batch_sampler.py", "a record without behavior"),
    "finetune/tasks/task": ("finetune/tasks/test_detection.py", "a record without behavior"),
    "openmmlab/annotations/checked_data": (
        "openmmlab/annotations/test_check.py",
        "a record without behavior",
    ),
    "openmmlab/ops/not_supplied": (
        "openmmlab/ops/test_extension.py",
        "one message, which is met through the extension",
    ),
    "own_data/data_set": ("own_data/test_recognition.py", "a record without behavior"),
    "toy/scenes": ("toy/test_sampling.py", "records; their one property is tested there"),
}

MODULES = [
    path.relative_to(REPO / "iclip").with_suffix("").as_posix()
    for path in python_files("iclip")
    if path.name not in ("__init__.py", "__main__.py")
]


def mirror(module: str) -> Path:
    """The test file of a module's name."""
    folder, _, name = module.rpartition("/")
    return REPO / "tests" / folder / f"test_{name}.py"


def test_every_module_has_a_test_file() -> None:
    wrong = [
        f"iclip/{module}.py is tested in {mirror(module).relative_to(REPO)}, or in a file that "
        "ELSEWHERE states with the reason, not in both"
        for module in MODULES
        if mirror(module).is_file() == (module in ELSEWHERE)
    ]
    assert not wrong


def test_nearly_all_modules_have_one_of_their_name() -> None:
    assert len(ELSEWHERE) <= 0.05 * len(MODULES)


@pytest.mark.parametrize("module", ELSEWHERE)
def test_stated_test_file_exists(module: str) -> None:
    file, reason = ELSEWHERE[module]
    assert module in MODULES and (REPO / "tests" / file).is_file() and reason
