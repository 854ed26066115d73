"""A pushed folder: whole, without places of this machine, and equal when the hub reads it."""

import getpass
import platform
from pathlib import Path

import pytest
import torch

import iclip
from iclip.checkpoints import load_checkpoint, read_backbone, read_weights
from iclip.files.places import places_in
from iclip.hub import folder as folder_module
from iclip.hub.folder import write_folder
from iclip.hub.model_card import Card
from iclip.hub.pushed_model import read_pushed_model
from iclip.zeroshot.loading import load_zero_shot_model
from tests.hub.conftest import Written
from tests.support.pushable_models import SECRET, TEXTS, image
from tests.support.toy_model_files import write_toy_model


def all_text(folder: Path) -> str:
    """Everything but the numbers: of safetensors, the first bytes, which hold names and notes."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return "\n".join(file.read_bytes()[: 1 << 20].decode("utf-8", "replace") for file in files)


def test_every_tensor_comes_back_bit_for_bit(towers: Written):
    stored = load_checkpoint(towers.folder)["state_dict"]
    expected = towers.network.state_dict()
    assert stored.keys() == expected.keys()
    assert all(torch.equal(stored[name], tensor) for name, tensor in expected.items())
    assert read_weights(towers.folder).tensors.keys() == expected.keys()
    assert read_backbone(towers.folder).layout == "iclip"


def test_no_tensor_is_stored_a_third_time(towers: Written):
    own = read_weights(towers.folder / "iclip.safetensors").tensors
    # open_clip has the transposed matrix of the text projection.
    assert list(own) == ["text_projection.weight"]


def test_zero_shot_model_embeds_as_the_trained_one(towers: Written):
    loaded = load_zero_shot_model(str(towers.folder))
    expected = towers.network.encode_text(torch.as_tensor(loaded.tokenizer(TEXTS)))
    torch.testing.assert_close(loaded.encode_texts(TEXTS), expected, rtol=0, atol=1e-6)
    assert (loaded.image_size, loaded.resize) == (224, 256)


def test_tokenizer_travels_with_its_tower(with_roberta: Written):
    loaded = load_zero_shot_model(str(with_roberta.folder))
    ids = torch.as_tensor(loaded.tokenizer(TEXTS))
    expected = with_roberta.network.encode_text(ids)
    torch.testing.assert_close(loaded.encode_texts(TEXTS), expected, rtol=0, atol=1e-6)


def test_classifier_predicts_from_the_folder(classifier: Written):
    file, pushed = iclip.load_model(classifier.pushed.path), iclip.load_model(classifier.folder)
    assert pushed.classes == ("ant", "bee", "cat") and pushed.figures == {"top1": 0.5}
    mine, theirs = file.predict(image())[0], pushed.predict(image())[0]
    assert mine.names == theirs.names and (mine.scores == theirs.scores).all()


def test_detector_predicts_from_the_folder(tmp_path: Path):
    path = write_toy_model("lvis_frcnn", tmp_path / "best.pth", work_dir="/home/alice/w")
    pushed = read_pushed_model(path)
    libraries = write_folder(pushed, tmp_path / "out", Card("boxes"))
    assert set(libraries.reasons) == {"timm", "open_clip"}
    config = load_checkpoint(tmp_path / "out")["meta"]["config"]
    assert config["work_dir"] == "w"
    # Sizes are tuples, as the frameworks' transforms want them.
    pipeline = config["test_dataloader"]["dataset"]["pipeline"]
    assert pipeline == pushed.file.config["test_dataloader"]["dataset"]["pipeline"]
    here, there = iclip.load_model(path, "cpu"), iclip.load_model(tmp_path / "out", "cpu")
    mine = here.predict(image(), score_threshold=0)[0]
    theirs = there.predict(image(), score_threshold=0)[0]
    assert len(mine.scores) and (mine.boxes == theirs.boxes).all()
    assert mine.names == theirs.names and (mine.scores == theirs.scores).all()


@pytest.mark.parametrize("name", ["towers", "classifier", "with_roberta"])
def test_no_file_tells_of_the_machine(name: str, request: pytest.FixtureRequest):
    folder = request.getfixturevalue(name).folder
    text = all_text(folder)
    for secret in (SECRET, "alice", str(folder.parent), str(Path.home())):
        assert secret not in text
    for word in (getpass.getuser(), platform.node()):
        # Names such as root also stand in words.
        assert f"/{word}/" not in text and f"{word}@" not in text
    texts = [p for p in folder.rglob("*") if p.suffix in (".json", ".md", ".yaml")]
    assert texts and not [places_in(p.read_text()) for p in texts if p.name != "tokenizer.json"
                          and places_in(p.read_text())]  # fmt: skip


def test_place_in_a_sentence_of_the_user_stops_it(towers: Written, tmp_path: Path):
    card = Card("swin", about="Trained from /srv/data/pairs of ours")
    with pytest.raises(ValueError, match=r"README\.md would tell everybody of '/srv/data/pairs'"):
        write_folder(towers.pushed, tmp_path / "out", card)
    assert not list(tmp_path.iterdir())


def test_folder_that_holds_something_stays(towers: Written, tmp_path: Path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("kept")
    with pytest.raises(FileExistsError, match="out is there already, and is not an empty folder"):
        write_folder(towers.pushed, tmp_path / "out", Card("swin"))
    assert (tmp_path / "out/mine.txt").read_text() == "kept"


def test_nothing_is_left_where_writing_fails(
    classifier: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder_module, "model_card", full)
    (tmp_path / "out").mkdir()
    with pytest.raises(OSError, match="No space left"):
        write_folder(classifier.pushed, tmp_path / "out", Card("classes"))
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert not list((tmp_path / "out").iterdir())
