"""The configs that the hub ships have one place and one name each."""

import ast
from pathlib import Path

import pytest

from iclip import shipped_configs
from iclip.shipped_configs import (
    find_config,
    inherit_from_scope,
    shipped_config,
    shipped_names,
    shipped_root,
)
from tests.support.source_imports import REPO


def test_a_checkout_has_them_beside_the_package() -> None:
    assert shipped_root() == REPO


def test_names_are_those_of_all_configs_that_can_be_run() -> None:
    listed = {
        path.relative_to(REPO).as_posix()
        for folder in ("configs", "downstream")
        for path in (REPO / folder).glob("**/*.py")
        if "/_base_/" not in str(path)
    }
    assert {*shipped_names()} == listed
    assert shipped_names() == sorted(listed)


def a_package(folder: Path, *configs: str) -> Path:
    """A folder with the package in it, and configs at the given places."""
    (folder / "iclip").mkdir()
    for config in configs:
        (folder / config / "_base_").mkdir(parents=True)
    return folder / "iclip"


@pytest.mark.parametrize(
    ("configs", "root"),
    [
        (("configs", "downstream"), "."),
        (("iclip/shipped/configs", "iclip/shipped/downstream"), "iclip/shipped"),
        # Another package has put a folder of the name beside it.
        (("iclip/shipped/configs", "iclip/shipped/downstream", "configs"), "iclip/shipped"),
    ],
    ids=["checkout", "wheel", "wheel beside others"],
)
def test_root_follows_the_install(
    configs: tuple[str, ...], root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped_configs, "_PACKAGE", a_package(tmp_path, *configs))
    assert shipped_root() == tmp_path / root


@pytest.mark.parametrize("configs", [(), ("configs",)], ids=["none", "half"])
def test_a_package_that_was_copied_alone_says_so(
    configs: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped_configs, "_PACKAGE", a_package(tmp_path, *configs))
    with pytest.raises(FileNotFoundError, match="the package was copied without them"):
        shipped_root()


@pytest.mark.parametrize("scope", ["", "iclip::"])
@pytest.mark.parametrize("name", ["configs/micro/iclip.py", "downstream/_base_/runtime.py"])
def test_config_is_found_by_its_name(scope: str, name: str, tmp_path: Path) -> None:
    assert shipped_config(scope + name) == REPO / name
    # A Path has lost no colon.
    assert find_config(Path(scope + name)) == (Path(name) if not scope else REPO / name)


def test_a_file_of_the_user_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "configs/micro/iclip.py"
    assert find_config(name) == REPO / name
    (tmp_path / "configs/micro").mkdir(parents=True)
    (tmp_path / name).touch()
    assert find_config(name) == Path(name)
    assert find_config(f"iclip::{name}") == REPO / name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mine.py", "config mine.py does not exist"),
        (
            "configs/micro/iclipp.py",
            "config configs/micro/iclipp.py does not exist, nor is it one that the hub ships. The "
            "nearest is configs/micro/iclip.py; `iclip configs` lists them all",
        ),
        (
            "iclip::zzzz",
            "config iclip::zzzz does not exist, nor is it one that the hub ships. `iclip configs` "
            "lists them all",
        ),
        ("iclip::configs/../setup.py", "config iclip::configs/../setup.py does not exist"),
        ("iclip::configs/micro", "config iclip::configs/micro does not exist"),
        ("iclip::/etc/passwd", "config iclip::/etc/passwd does not exist"),
    ],
)
def test_what_is_not_there_is_said_with_the_nearest_name(
    name: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError) as error:
        find_config(name)
    assert str(error.value).startswith(message)
    assert name == "mine.py" or str(error.value).endswith("lists them all")


def test_an_absolute_path_means_a_file_only(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no\.py does not exist$"):
        find_config(tmp_path / "configs/no.py")


@pytest.mark.parametrize(
    ("source", "inherits"),
    [
        ('_base_ = "./b.py"\n', ["iclip::downstream/toy/b.py"]),
        ("_base_ = '../lvis.py'\n", ["iclip::downstream/lvis.py"]),
        (
            '# \u2192 a page\n_base_ = [\n  "../_base_/a.py", "mmdet::x.py",  # \u00e4\n'
            '  "../../configs/" "b.py",\n]\n',
            ["iclip::downstream/_base_/a.py", "mmdet::x.py", "iclip::configs/b.py"],
        ),
    ],
    ids=["beside", "above", "list"],
)
def test_a_copy_inherits_the_same_parts_by_the_scope(source: str, inherits: list[str]) -> None:
    rest = "lr = 1  # stays\n"
    copy = inherit_from_scope(source + rest, "downstream/toy/a.py")
    assert copy.endswith(rest)
    assert copy.count("#") == (source + rest).count("#")
    bases = ast.literal_eval(ast.parse(copy).body[0].value)  # type: ignore[attr-defined]
    assert ([bases] if isinstance(bases, str) else bases) == inherits


def test_a_config_that_inherits_nothing_stays_as_it_is() -> None:
    assert inherit_from_scope("lr = 1\n", "configs/_base_/a.py") == "lr = 1\n"
