"""The head of video classification by words."""

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from mmengine.registry import MODELS, DefaultScope

import iclip.openmmlab  # noqa: F401  (before mmaction)
from iclip.checkpoints import load_checkpoint
from iclip.words import write_class_embeddings
from iclip.zeroshot.loading import load_zero_shot_model
from tests.support.made_up_embeddings import made_up_embeddings
from tests.support.zero_shot_models import micro

from iclip.openmmlab.video.swin import VideoSwinBackbone  # isort: skip
from iclip.openmmlab.video.text_head import MarkClassesOfClips, VideoTextHead  # isort: skip

__all__ = ["micro"]
CHANNELS, DIM = 6, 5
NAMES = ("run", "walk", "sit")


class Clips(list):
    """A data set of labels."""

    def get_data_info(self, place: int) -> dict[str, int]:
        return dict(label=self[place])


@pytest.fixture
def head(tmp_path: Path) -> VideoTextHead:
    return build_head(tmp_path)


def build_head(folder: Path, **changes: Any) -> VideoTextHead:
    write_class_embeddings(folder / "classes.safetensors", made_up_embeddings(NAMES, DIM))
    classifier = dict(
        type="iclip.TextClassifier",
        embed_dim=DIM,
        class_embeddings=str(folder / "classes.safetensors"),
        **changes,
    )
    settings = dict(num_classes=3, in_channels=CHANNELS, dropout_ratio=0.0, average_clips="prob")
    with DefaultScope.overwrite_default_scope("mmaction"):
        return MODELS.build(dict(type="iclip.VideoTextHead", classifier=classifier, **settings))


def plain_logits(head: VideoTextHead, videos: torch.Tensor) -> list[list[float]]:
    """Mean, projection and cosine, number by number."""
    weight, rows = head.fc_cls.projection.weight.tolist(), head.fc_cls.class_embeds.tolist()
    logits = []
    for video in videos.tolist():
        means = [
            sum(v for plane in channel for row in plane for v in row)
            / sum(len(row) for plane in channel for row in plane)
            for channel in video
        ]
        embed = [sum(w * m for w, m in zip(line, means, strict=True)) for line in weight]
        length = math.sqrt(sum(e * e for e in embed))
        scale = math.exp(head.fc_cls.logit_scale.item())
        logits.append(
            [scale * sum(e * r for e, r in zip(embed, row, strict=True)) / length for row in rows]
        )
    return logits


def test_logits_equal_the_plain_computation(head: VideoTextHead):
    head.init_weights()
    videos = torch.randn(2, CHANNELS, 2, 3, 2)
    expected = torch.tensor(plain_logits(head, videos))
    torch.testing.assert_close(head(videos), expected, rtol=1e-4, atol=1e-4)


def test_initialization_of_the_model_keeps_what_the_classifier_loaded(tmp_path: Path):
    """mmaction's own head draws its classifier at random in ``init_weights``."""
    head = build_head(tmp_path, logit_scale=1.25)
    head.init_weights()
    expected = made_up_embeddings(NAMES, DIM)
    assert torch.equal(head.fc_cls.class_embeds, expected.embeds)
    assert torch.equal(head.fc_cls.probe, expected.probe)
    assert head.fc_cls.logit_scale.item() == 1.25


def test_still_video_has_the_image_s_embedding_before_any_training(micro: Path, tmp_path: Path):
    """What a recognizer by words starts with, against the pre-trained model itself."""
    write_class_embeddings(tmp_path / "c.safetensors", made_up_embeddings(NAMES, 16))
    backbone = VideoSwinBackbone(
        arch=dict(embed_dims=24, depths=(1, 1), num_heads=(1, 2)),
        stem="conv", window_size=(8, 4, 4), checkpoint=str(micro),
    )  # fmt: skip
    head = VideoTextHead(
        num_classes=3, in_channels=48, dropout_ratio=0.0,
        classifier=dict(
            type="iclip.TextClassifier", embed_dim=16, projection="pretrained",
            checkpoint=str(micro), class_embeddings=str(tmp_path / "c.safetensors"),
        ),
    )  # fmt: skip
    for part in (backbone, head):
        part.init_weights()
        part.eval()
    pretrained = load_zero_shot_model(str(micro))
    pixels = torch.randn(2, 3, 32, 32)
    expected = pretrained.encode_images(pixels)
    with torch.no_grad():
        maps = backbone(pixels[:, :, None].expand(-1, -1, 6, -1, -1))  # B, C, T', H', W'
        found = head.fc_cls.embed(maps.mean(dim=(2, 3, 4)))
        logits = head(maps)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    scale = load_checkpoint(micro)["state_dict"]["logit_scale"].exp()
    rows = made_up_embeddings(NAMES, 16).embeds
    torch.testing.assert_close(logits, scale * expected @ rows.T, rtol=1e-4, atol=1e-4)


def test_loss_trains_projection_and_temperature_alone(head: VideoTextHead):
    head.init_weights()
    samples = [SimpleNamespace(gt_label=torch.tensor([label])) for label in (0, 2)]
    losses = head.loss(torch.randn(2, CHANNELS, 1, 1, 1), samples)
    losses["loss_cls"].backward()
    gradients = {name for name, p in head.named_parameters() if p.grad is not None}
    assert gradients == {"fc_cls.projection.weight", "fc_cls.logit_scale"}
    assert all(p.grad.abs().max() > 0 for p in head.parameters())


def test_softmax_of_a_training_is_over_its_own_classes(head: VideoTextHead):
    head.init_weights()
    loader = SimpleNamespace(dataset=Clips([2, 0, 2]))
    MarkClassesOfClips().before_train(SimpleNamespace(model=head, train_dataloader=loader))
    assert head.trained.tolist() == [True, False, True]
    videos = torch.randn(2, CHANNELS, 1, 2, 2)
    samples = [SimpleNamespace(gt_label=torch.tensor([label])) for label in (0, 2)]
    loss = head.train().loss(videos, samples)["loss_cls"]
    chosen = torch.tensor(plain_logits(head, videos))[:, [0, 2]]
    expected = (chosen.exp().sum(1).log() - chosen.diagonal()).mean()
    torch.testing.assert_close(loss, expected, rtol=1e-4, atol=1e-4)
    assert head.eval()(videos).isfinite().all()


def test_mixed_clips_of_trained_classes_have_a_finite_loss(head: VideoTextHead):
    """mmaction's mixup and CutMix make labels of shares."""
    head.init_weights()
    head.mark_trained([0, 2])
    videos, shares = torch.randn(1, CHANNELS, 1, 2, 2), torch.tensor([0.25, 0.0, 0.75])
    loss = head.train().loss(videos, [SimpleNamespace(gt_label=shares)])["loss_cls"]
    first, last = torch.tensor(plain_logits(head, videos))[0, [0, 2]].log_softmax(0)
    torch.testing.assert_close(loss, -0.25 * first - 0.75 * last, rtol=1e-4, atol=1e-4)


def test_smoothed_labels_of_untrained_classes_are_refused(head: VideoTextHead):
    head.label_smooth_eps = 0.1
    head.mark_trained([0, 1, 2])
    with pytest.raises(ValueError, match=r"label_smooth_eps is 0\.1, .*only 2 of 3 classes"):
        head.mark_trained([0, 2])


def test_another_vocabulary_is_another_buffer(head: VideoTextHead):
    head.init_weights()
    other = made_up_embeddings(("jump", "swim", "fly", "sleep"), DIM)
    head.set_classes(other)
    head.eval()
    assert head.num_classes == 4
    videos = torch.randn(1, CHANNELS, 1, 2, 2)
    assert head(videos).shape == (1, 4)
    expected = torch.tensor(plain_logits(head, videos))
    torch.testing.assert_close(head(videos), expected, rtol=1e-4, atol=1e-4)


def test_vocabulary_of_another_joint_space_is_refused(head: VideoTextHead):
    head.init_weights()
    with pytest.raises(ValueError, match="of another joint space"):
        head.set_classes(made_up_embeddings(NAMES, DIM, space=1))
    assert head.num_classes == 3


@pytest.mark.parametrize(
    "classifier",
    [dict(type="Linear"), dict(type="iclip.TextClassifier", embed_dim=DIM, background=True)],
)
def test_other_classifiers_are_refused(classifier: dict[str, Any]):
    with pytest.raises(ValueError, match=r"without a background\. I3DHead has a linear layer"):
        VideoTextHead(num_classes=3, in_channels=CHANNELS, classifier=classifier)
