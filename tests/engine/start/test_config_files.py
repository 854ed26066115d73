"""A fault in any file of a chain of configs is told with its file and line."""

from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config
from mmengine.registry import Registry

from iclip.engine.start.config_files import explain_build_errors, read_config

BASE = "train_cfg = dict(max_iters=10)\nmodel = dict(type='A', width=4)\n"
LEAF = "_base_ = './base.py'\nwork_dir = 'run'\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.py").write_text(BASE)
    (tmp_path / "leaf.py").write_text(LEAF)
    return tmp_path


def message_of(path: Path) -> str:
    with pytest.raises(ValueError) as error:
        read_config(path)
    return str(error.value)


def test_config_without_faults_is_read(folder: Path) -> None:
    cfg = read_config(folder / "leaf.py")
    assert (cfg.train_cfg.max_iters, cfg.work_dir) == (10, "run")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("lr = 1e-3,,", "SyntaxError: "),
        ("lr = (1e-3", "SyntaxError: "),
        ("lr = 1e-3 if True", "SyntaxError: "),
        ("lr = 1e-3\n  rate = 2", "SyntaxError: "),
        ("lr = rate", "NameError: name 'rate' is not defined"),
        ("lr = dict(a=1)['b']", "KeyError: b"),
        ("lr = int('many')", "ValueError: invalid literal for int() with base 10: 'many'"),
        ("lr = 1 / 0", "ZeroDivisionError: division by zero"),
        ("lr = [][3]", "IndexError: list index out of range"),
    ],
)
@pytest.mark.parametrize("inherited", [True, False], ids=["inherited", "itself"])
def test_fault_is_told_with_file_and_line(
    inherited: bool, line: str, message: str, folder: Path
) -> None:
    name = "base.py" if inherited else "leaf.py"
    (folder / name).write_text((folder / name).read_text() + f"# a comment\n{line}\n")
    number = 4 + ("\n  rate" in line)
    place = f"config {folder / name}, line {number}"
    by = f", which {folder / 'leaf.py'} inherits" if inherited else ""
    assert message_of(folder / "leaf.py").startswith(f"{place}{by}: {message}")


def test_missing_base_is_told_with_its_line(folder: Path) -> None:
    (folder / "base.py").write_text(f"seed = 1\n_base_ = './absent.py'\n{BASE}")
    assert message_of(folder / "leaf.py").startswith(
        f"config {folder / 'base.py'}, line 2, which {folder / 'leaf.py'} inherits: _base_ names "
        f"a file that does not exist: [Errno 2] No such file or directory: '{folder}/./absent.py'"
    )


def test_setting_that_two_bases_have_is_named(folder: Path) -> None:
    (folder / "other.py").write_text("model = dict(type='B')\n")
    (folder / "leaf.py").write_text("_base_ = ['./base.py', './other.py']\n")
    message = message_of(folder / "leaf.py")
    assert message.startswith(f"config {folder / 'leaf.py'}")
    assert (
        "KeyError: Duplicate key is not allowed among bases. Duplicate keys: {'model'}" in message
    )


def test_dict_in_place_of_a_base_s_plain_value_is_told_with_its_line(folder: Path) -> None:
    (folder / "leaf.py").write_text(f"{LEAF}model = dict(width=dict(a=1))\n")
    message = message_of(folder / "leaf.py")
    assert message.startswith(f"config {folder / 'leaf.py'}, line 3: TypeError: width=")
    assert "_delete_=True" in message


def test_plain_value_replaces_a_base_s_dict(folder: Path) -> None:
    (folder / "leaf.py").write_text(f"{LEAF}train_cfg = 3\n")
    assert read_config(folder / "leaf.py").train_cfg == 3


def test_missing_attribute_of_the_base_is_told_with_its_line(folder: Path) -> None:
    (folder / "leaf.py").write_text(f"{LEAF}lr = _base_.optimizer.lr\n")
    place = f"config {folder / 'leaf.py'}, line 3: AttributeError: "
    assert message_of(folder / "leaf.py").startswith(place)


def test_custom_import_that_fails_says_why(folder: Path) -> None:
    (folder / "leaf.py").write_text(f"{LEAF}custom_imports = dict(imports='absent_package')\n")
    assert message_of(folder / "leaf.py") == (
        f"config {folder / 'leaf.py'}, line 3: custom_imports: No module named 'absent_package'"
    )


def test_missing_config_is_named(tmp_path: Path) -> None:
    assert message_of(tmp_path / "no.py") == f"config {tmp_path / 'no.py'} does not exist"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("author = 'René'\n".encode("cp1252"), "base.py is not UTF-8: line 1 holds the byte 0xE9"),
        (BASE.encode("utf-8-sig"), "starts with a byte order mark; save it as UTF-8 without one"),
        (BASE.encode("utf-16"), "starts with a byte order mark; save it as UTF-8 without one"),
    ],
    ids=["code page", "mark", "UTF-16"],
)
def test_encoding_that_mmengine_does_not_read_is_named(
    content: bytes, message: str, folder: Path
) -> None:
    (folder / "base.py").write_bytes(content)
    assert message in message_of(folder / "leaf.py")
    assert f"which {folder / 'leaf.py'} inherits" in message_of(folder / "leaf.py")


THINGS = Registry("thing", scope="tests")
RUN = Config({}, cfg_text="# nothing", filename="run.py")


@THINGS.register_module()
class Thing:
    def __init__(self, width: int) -> None:
        if width < 0:
            raise TypeError("a fault within the class")


@pytest.mark.parametrize(
    ("cfg", "message"),
    [
        (dict(type="Thng", width=1), "Thng is not in the tests::thing registry"),
        (dict(type="Thing", widht=1), "got an unexpected keyword argument 'widht'"),
        (dict(type="Thing"), "missing 1 required positional argument: 'width'"),
    ],
)
def test_unknown_type_or_argument_is_explained(cfg: dict[str, Any], message: str) -> None:
    expected = rf"config run\.py cannot be built: .*{message}"
    with pytest.raises(ValueError, match=expected), explain_build_errors(RUN):
        THINGS.build(cfg)


def test_fault_within_a_class_keeps_its_type() -> None:
    with pytest.raises(TypeError, match="a fault within"), explain_build_errors(RUN):
        THINGS.build(dict(type="Thing", width=-1))
