"""The command that plans, end to end on a small model, and what it refuses."""

import json
from pathlib import Path

import pytest

from iclip.commands import plan
from iclip.commands.command_line import main

REPO = Path(__file__).resolve().parents[2]
MICRO = str(REPO / "configs" / "micro" / "iclip.py")
VOCABULARY = "model.text_encoder.vocabulary=[0,320,49406,49407]"


def test_json_says_whether_it_fits(capsys: pytest.CaptureFixture[str]):
    options = ["--gpus", "2", "--gpu-memory", "3", "--classes", "9", "--micro-batch-size", "32"]
    code = main(plan, [MICRO, *options, "--json", "--cfg-options", VOCABULARY])
    told = capsys.readouterr()
    assert code == 0, told.err
    found = json.loads(told.out)
    assert (found["fits"], found["micro_batch_size"], found["accumulation"]) == (True, 32, 2)
    assert 0 < found["peak_gib"] < found["needed_gib"] < 3
    assert {"images", "class texts", "captions", "parameters"} <= {*found["parts"]}
    assert "9 class texts" in found["notes"][0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([MICRO, "--gpus", "2", "--gpu", "v100"], "--gpu v100 is not in the table"),
        ([MICRO, "--gpus", "0"], "--gpus 0: give a number above 0"),
        ([MICRO, "--gpus", "2", "--gpu-memory", "-1"], "--gpu-memory -1: give a number above 0"),
        ([MICRO, "--gpus", "2", "--gpu-memory", "nan"], "--gpu-memory nan: give a number above"),
        ([MICRO, "--gpus", "2", "--classes", "0"], "--classes 0: give a number above 0"),
        (["configs/absent.py", "--gpus", "2"], "config configs/absent.py does not exist"),
        (
            [str(REPO / "downstream/lvis_frcnn_2x.py"), "--gpus", "2", "--global-batch-size", "8"],
            "--global-batch-size and --micro-batch-size are for pre-training",
        ),
    ],
)
def test_a_mistake_is_one_message(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
):
    assert main(plan, arguments) == 2
    assert message in capsys.readouterr().err


def test_sizes_that_do_not_divide_are_one_message(capsys: pytest.CaptureFixture[str]):
    options = ["--gpus", "3", "--classes", "9", "--cfg-options", VOCABULARY]
    assert main(plan, [MICRO, *options]) == 2
    told = capsys.readouterr().err
    assert "global_batch_size=128 cannot be shared equally by 3 GPUs" in told
    assert "Traceback" not in told
