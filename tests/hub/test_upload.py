"""Push to a hub on the loopback and pull back: equal, in one commit, or nothing at all."""

import pytest
import torch

import iclip
from iclip.checkpoints import load_checkpoint
from iclip.finetune.backbone import choose_backbone
from iclip.hub.upload import check_target, token_of_environment, upload
from iclip.models import SwinBackbone
from iclip.zeroshot.loading import load_image_model, load_zero_shot_model
from tests.hub.conftest import Written
from tests.support.hub_server import Hub
from tests.support.pushable_models import SMALL, image, images


def test_what_was_pushed_is_pulled_equal(hub: Hub, towers: Written):
    pushed = upload(towers.folder, "org/swin")
    assert pushed.url == f"{hub.url}/org/swin"
    files = hub.repositories["org/swin"].commits[pushed.commit]
    expected = {f.relative_to(towers.folder).as_posix(): f.read_bytes()
                for f in towers.folder.rglob("*") if f.is_file()}  # fmt: skip
    assert files == expected
    stored = load_checkpoint("hf-hub:org/swin")["state_dict"]
    for name, tensor in towers.network.state_dict().items():
        assert torch.equal(stored[name], tensor)


def test_weights_of_a_hub_start_whatever_takes_a_checkpoint(hub: Hub, towers: Written):
    upload(towers.folder, "org/swin")
    name = "hf-hub:org/swin"
    model = load_zero_shot_model(name)
    assert model.name == name and model.origin.samples_seen == 70
    backbone = SwinBackbone(arch=SMALL, checkpoint=name)
    backbone.init_weights()
    expected = towers.network.backbone.state_dict()
    assert all(torch.equal(backbone.state_dict()[key], tensor) for key, tensor in expected.items())
    # A config that `iclip finetune` writes names it so that any machine can fetch it.
    assert choose_backbone(None, name, "classification").checkpoint == name
    features = load_image_model(name).encode_images(images())
    torch.testing.assert_close(features, towers.network.encode_features(images()))


def test_classifier_predicts_from_the_hub(hub: Hub, classifier: Written):
    upload(classifier.folder, "org/classes")
    here, there = iclip.load_model(classifier.pushed.path), iclip.load_model("hf-hub:org/classes")
    mine, theirs = here.predict(image())[0], there.predict(image())[0]
    assert mine.names == theirs.names and (mine.scores == theirs.scores).all()


def test_second_push_replaces_what_the_first_has_left(
    hub: Hub, towers: Written, classifier: Written
):
    upload(towers.folder, "org/model")
    upload(classifier.folder, "org/model")
    files = list(hub.repositories["org/model"].commits.values())[-1]
    assert set(files) == {"README.md", "config.json", "model.safetensors"}


def test_new_repository_is_private_if_asked(hub: Hub, classifier: Written):
    upload(classifier.folder, "org/secret", private=True)
    assert hub.repositories["org/secret"].private


@pytest.mark.parametrize(
    ("refused", "error"),
    [({"create": 403}, PermissionError), ({"upload": 403}, PermissionError),
     ({"commit": 403}, PermissionError), ({"upload": 400}, OSError), ({"batch": 422}, OSError)],
)  # fmt: skip
def test_half_an_upload_leaves_what_was_there(
    hub: Hub, classifier: Written, refused: dict[str, int], error: type[Exception]
):
    if "create" not in refused:
        hub.refused = {}
        upload(classifier.folder, "org/model")
        hub.objects.clear()
    before = dict(hub.repositories["org/model"].commits) if hub.repositories else {}
    hub.refused = refused
    with pytest.raises(error, match=r"^push to org/model: http"):
        upload(classifier.folder, "org/model")
    if before:
        assert hub.repositories["org/model"].commits == before


def test_refused_token_is_told(hub: Hub, classifier: Written, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(PermissionError, match=r"refuses .401: Invalid user token"):
        upload(classifier.folder, "org/model", token="hf_wrong")
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", "/nonexistent/token")
    with pytest.raises(PermissionError, match="set HF_TOKEN to a token of yours"):
        upload(classifier.folder, "org/model")
    assert not hub.repositories


def test_hub_that_is_not_there_is_told(
    hub: Hub, classifier: Written, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(OSError, match=r"push to org/model: .*127\.0\.0\.1:9"):
        upload(classifier.folder, "org/model")


def test_target_is_checked_before_anything_is_written(monkeypatch: pytest.MonkeyPatch):
    check_target("org/name")
    with pytest.raises(ValueError, match="'name' does not say whose model it is"):
        check_target("name")
    with pytest.raises(ValueError, match="'a b/c' does not name"):
        check_target("a b/c")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with pytest.raises(ValueError, match="--token-from-env takes the token from HF_TOKEN"):
        token_of_environment()
