"""Names of models on a hub."""

import pytest

from iclip.checkpoints.hub_names import HubName, check_repository, is_hub_name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hf-hub:org/name", HubName("org/name")),
        ("hf-hub:name", HubName("name")),
        ("hf-hub:org/na.me_1-x@v1.0", HubName("org/na.me_1-x", "v1.0")),
        ("hf-hub:org/name@refs/pr/1#model_ema", HubName("org/name", "refs/pr/1", "model_ema")),
    ],
)
def test_name_is_read_and_written_alike(text: str, expected: HubName):
    assert HubName.parse(text) == expected and str(expected) == text


@pytest.mark.parametrize(
    "text",
    ["hf-hub:", "hf-hub:org/", "hf-hub:a/b/c", "hf-hub:../x", "hf-hub:a--b/c", "hf-hub:org/a b",
     "hf-hub:-org/x", "hf-hub:org/é", f"hf-hub:org/{'x' * 97}", "hf-hub:/etc/passwd"],
)  # fmt: skip
def test_what_no_hub_has_is_refused(text: str):
    with pytest.raises(ValueError, match="does not name a model of a hub: write org/name"):
        HubName.parse(text)


@pytest.mark.parametrize("text", ["hf-hub:org/name@", "hf-hub:org/name#"])
def test_empty_revision_or_part_is_refused(text: str):
    with pytest.raises(ValueError, match=f"nothing stands behind {text[-1]}"):
        HubName.parse(text)


def test_paths_are_no_names():
    assert is_hub_name("hf-hub:a/b")
    assert not is_hub_name("a/hf-hub:b") and not is_hub_name("work_dirs/latest.pth")


def test_message_names_what_was_written():
    with pytest.raises(ValueError, match="'a b' does not name"):
        check_repository("a b", "a b")
