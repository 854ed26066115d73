"""The command that lists and copies the hub's configs."""

from pathlib import Path

import pytest

from iclip.commands import configs
from iclip.commands.command_line import main
from iclip.commands.configs import read_header
from iclip.engine.start.config_files import read_config
from iclip.shipped_configs import shipped_names
from tests.support.source_imports import REPO


def test_all_are_listed_with_title_hardware_and_score(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(configs, []) == 0
    blocks = capsys.readouterr().out.split("\n\n")
    assert blocks[-1] == f"They lie in {REPO}\n"
    lines = blocks[0].splitlines()
    names = [line for line in lines if not line.startswith(" ")]
    assert names == shipped_names()
    start = lines.index("downstream/toy/lvis_frcnn.py")
    assert lines[start + 1 : start + 3] == [
        "    lvis_frcnn_2x.py in miniature: the toy world's LVIS and a micro Swin of two stages, "
        "in minutes on a CPU",
        "    Hardware: one CPU core",
    ]


@pytest.mark.parametrize("name", shipped_names())
def test_every_config_has_a_title_and_its_hardware(name: str) -> None:
    title, fields = read_header((REPO / name).read_text(encoding="utf-8"))
    assert title and "Hardware" in fields
    assert "Score" in fields or "toy" in name


def test_header_is_read_over_its_lines() -> None:
    source = (
        "# A title that\n# is long. More of it.\n#\n# Command:   run it\n"
        "# Score:     half: 3 %,\n#            the rest\n# Hardware:  one GPU\n"
        "Score = 1\n# Paper: no\n"
    )
    title, fields = read_header(source)
    assert title == "A title that is long"
    assert fields == {"Command": "run it", "Score": "half: 3 %, the rest", "Hardware": "one GPU"}


def test_a_word_chooses(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(configs, ["k400"]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = [line for line in lines if line.endswith(".py") and not line.startswith(" ")]
    assert names == [name for name in shipped_names() if "k400" in name]


@pytest.mark.parametrize("name", ["configs/micro/unicl.py", "configs/iclip_swinb.py"])
def test_copy_works_elsewhere_and_is_the_same(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(configs, ["--copy", name, str(tmp_path / "new")]) == 0
    copy = tmp_path / "new" / Path(name).name
    assert capsys.readouterr().out == f"{copy}: edit it, then run `iclip train {copy}`\n"
    assert read_config(copy).to_dict() == read_config(REPO / name).to_dict()
    kept, ours = copy.read_text().splitlines(), (REPO / name).read_text().splitlines()
    assert [line for line in ours if "_base_/" not in line and ".py" not in line] == [
        line for line in kept if "_base_/" not in line and ".py" not in line
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing_like_it"], "none of the hub's configs has 'nothing_like_it' in its name"),
        (["k400", "--copy", "a", "b"], "k400 and --copy a b: list or copy, not both"),
        (
            ["--copy", "configs/micro/clipp.py", "{folder}"],
            "the hub ships no config configs/micro/clipp.py. The nearest is configs/micro/clip.py",
        ),
        (
            ["--copy", "configs/micro/clip.py", "{folder}"],
            "{folder}/clip.py is there already; name another folder, or move it away",
        ),
    ],
)
def test_mistake_is_said_and_nothing_is_written(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "clip.py").write_text("mine")
    assert main(configs, [word.format(folder=tmp_path) for word in arguments]) == 2
    assert message.format(folder=tmp_path) in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["clip.py"]
    assert (tmp_path / "clip.py").read_text() == "mine"
