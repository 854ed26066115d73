"""Several views of each sample, against the model on each view alone."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import DATASETS, MODELS, DefaultScope
from PIL import Image
from torchvision.ops import batched_nms

import iclip.openmmlab  # noqa: F401  (before the frameworks)
from iclip.openmmlab.test_time_views import SCALES, with_test_time_views
from iclip.tasks import task_of
from tests.support.default_scope import scope_is_restored  # noqa: F401
from tests.support.odd_annotations import write_json

SWIN = dict(
    type="iclip.SwinBackbone",
    arch=dict(embed_dims=8, depths=(1, 1), num_heads=(1, 2)),
    window_size=4,
    out_indices=(0, 1),
)
PREPROCESSOR = dict(mean=[120.0] * 3, std=[60.0] * 3, bgr_to_rgb=True)
READ = dict(type="iclip.LoadImageFromFile")
WIDTH, HEIGHT = 60, 44


def write_world(folder: Path) -> None:
    """Two images of noise, with label maps and boxes."""
    rng = np.random.default_rng(0)
    (folder / "masks").mkdir()
    for name in ("a", "b"):
        pixels = rng.integers(0, 256, (HEIGHT // 4, WIDTH // 4, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((WIDTH, HEIGHT)).save(folder / f"{name}.png")
        labels = rng.integers(0, 3, (HEIGHT, WIDTH), dtype=np.uint8)
        Image.fromarray(labels).save(folder / "masks" / f"{name}.png")
    images = [
        dict(id=i, file_name=f"{name}.png", width=WIDTH, height=HEIGHT)
        for i, name in enumerate("ab")
    ]
    boxes = [
        dict(id=i, image_id=i, category_id=1, bbox=[5, 5, 20, 20], area=400, iscrowd=0)
        for i in range(2)
    ]
    categories = [dict(id=i, name=name) for i, name in enumerate(("cat", "dog"), 1)]
    write_json(folder / "boxes.json", dict(images=images, annotations=boxes, categories=categories))


def segmentation(folder: Path) -> Config:
    return Config(
        dict(
            default_scope="mmseg",
            model=dict(
                type="EncoderDecoder",
                data_preprocessor=dict(type="SegDataPreProcessor", pad_val=0, **PREPROCESSOR),
                backbone=SWIN,
                decode_head=dict(
                    type="FCNHead", in_channels=16, in_index=1, channels=8, num_convs=1,
                    num_classes=3, norm_cfg=dict(type="BN"),
                ),
                test_cfg=dict(mode="whole"),
            ),
            test_dataloader=dict(
                dataset=dict(
                    type="BaseSegDataset",
                    metainfo=dict(classes=("a", "b", "c")),
                    data_root=str(folder),
                    data_prefix=dict(img_path=".", seg_map_path="masks"),
                    img_suffix=".png",
                    pipeline=[
                        READ,
                        dict(type="Resize", scale=(96, 64), keep_ratio=True),
                        dict(type="LoadAnnotations"),
                        dict(type="PackSegInputs"),
                    ],
                )
            ),
        )
    )  # fmt: skip


def detection(folder: Path) -> Config:
    return Config(
        dict(
            default_scope="mmdet",
            model=dict(
                type="RetinaNet",
                data_preprocessor=dict(type="DetDataPreprocessor", **PREPROCESSOR),
                backbone=SWIN,
                neck=dict(type="FPN", in_channels=[8, 16], out_channels=8, num_outs=2),
                bbox_head=dict(
                    type="RetinaHead", num_classes=2, in_channels=8, feat_channels=8,
                    stacked_convs=1,
                    anchor_generator=dict(
                        type="AnchorGenerator", scales=[4], ratios=[1.0], strides=[4, 8]
                    ),
                    bbox_coder=dict(type="DeltaXYWHBBoxCoder"),
                ),
                test_cfg=dict(
                    nms_pre=100, min_bbox_size=0, score_thr=0.0, max_per_img=30,
                    nms=dict(type="nms", iou_threshold=0.4),
                ),
            ),
            val_dataloader=dict(
                dataset=dict(
                    type="CocoDataset",
                    metainfo=dict(classes=("cat", "dog")),
                    data_root=str(folder),
                    ann_file="boxes.json",
                    data_prefix=dict(img=""),
                    test_mode=True,
                    pipeline=[
                        READ,
                        dict(type="Resize", scale=(96, 64), keep_ratio=True),
                        dict(
                            type="PackDetInputs",
                            meta_keys=("img_id", "img_path", "ori_shape", "img_shape",
                                       "scale_factor"),
                        ),
                    ],
                )
            ),
        )
    )  # fmt: skip


CONFIGS = {"segmentation": segmentation, "detection": detection}


class World:
    """A task's model with random weights, plain and with views."""

    def __init__(self, task: str, folder: Path) -> None:
        write_world(folder)
        self.cfg = CONFIGS[task](folder)
        self.views_cfg = with_test_time_views(self.cfg)
        with DefaultScope.overwrite_default_scope(self.cfg.default_scope):
            self.plain_data, self.views_data = map(self._data, (self.cfg, self.views_cfg))
            torch.manual_seed(0)
            self.of_views = MODELS.build(self.views_cfg.model).eval()
        self.plain = self.of_views.module
        for parameter in self.plain.parameters():
            if parameter.ndim > 1:
                torch.nn.init.normal_(parameter, std=parameter[0].numel() ** -0.5)

    @staticmethod
    def _data(cfg: Config) -> Any:
        loader = cfg.get("test_dataloader") or cfg.val_dataloader
        return DATASETS.build(loader.dataset)

    @torch.no_grad()
    def run(self, model: Any, samples: list[Any]) -> list[Any]:
        with DefaultScope.overwrite_default_scope(self.cfg.default_scope):
            return model.test_step(pseudo_collate(samples))

    def views(self, count: int | None = None) -> list[Any]:
        """What the pipeline gives of each image, its first ``count`` views."""
        samples = [self.views_data[i] for i in range(2)]
        return [{key: value[:count] for key, value in sample.items()} for sample in samples]


@pytest.fixture(scope="module", params=CONFIGS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(request.param, tmp_path_factory.mktemp("world"))


def same(actual: Any, expected: Any) -> None:
    """Two predictions of an image are equal."""
    if "pred_sem_seg" in expected:
        assert torch.equal(actual.pred_sem_seg.data, expected.pred_sem_seg.data)
        assert torch.equal(actual.gt_sem_seg.data, expected.gt_sem_seg.data)
        assert expected.pred_sem_seg.data.unique().numel() > 1
    else:
        assert len(expected.pred_instances) >= 10
        for part in ("bboxes", "scores", "labels"):
            torch.testing.assert_close(
                actual.pred_instances[part], expected.pred_instances[part], rtol=0, atol=1e-4
            )
        assert actual.img_id == expected.img_id


def test_single_view_equals_the_plain_model(world: World):
    expected = world.run(world.plain, [world.plain_data[i] for i in range(2)])
    actual = world.run(world.of_views, world.views(1))
    for one, other in zip(actual, expected, strict=True):
        same(one, other)


def test_views_are_sizes_and_mirror_images_the_plain_one_first(world: World):
    task = task_of(world.cfg)
    first = world.views()[0]["inputs"]
    assert len(first) == 2 * len(SCALES[task])
    assert torch.equal(first[0], world.plain_data[0]["inputs"])
    for i, factor in enumerate(SCALES[task]):
        plain, mirrored = first[2 * i : 2 * i + 2]
        assert torch.equal(mirrored, plain.flip(-1))
        # 60 x 44 pixels, as large as they fit into the test size times the factor.
        ratio = min(96 * factor / WIDTH, 64 * factor / HEIGHT)
        size = torch.tensor(plain.shape[1:]).float()
        torch.testing.assert_close(size, torch.tensor([HEIGHT, WIDTH]) * ratio, atol=1.0, rtol=0)


def test_prediction_is_put_together_of_all_views(world: World):
    # Each view as an image of its own; the model mirrors label maps back by itself.
    samples = world.views()
    alone = [
        world.run(
            world.plain, [{key: value[k] for key, value in sample.items()} for sample in samples]
        )
        for k in range(len(samples[0]["inputs"]))
    ]
    actual = world.run(world.of_views, world.views())
    for i, merged in enumerate(actual):
        views = [predictions[i] for predictions in alone]
        if task_of(world.cfg) == "segmentation":
            shares = [view.seg_logits.data.double().exp() for view in views]
            expected = sum(share / share.sum(0) for share in shares) / len(shares)
            assert torch.equal(merged.pred_sem_seg.data[0], expected.argmax(0))
            torch.testing.assert_close(merged.seg_logits.data.double(), expected)
        else:
            _check_boxes(merged, views)


def _check_boxes(merged: Any, views: list[Any]) -> None:
    boxes = torch.cat([_mirrored_back(view) for view in views])
    scores = torch.cat([view.pred_instances.scores for view in views])
    labels = torch.cat([view.pred_instances.labels for view in views])
    kept = batched_nms(boxes, scores, labels, 0.4)[:30]
    found = merged.pred_instances
    torch.testing.assert_close(found.bboxes, boxes[kept], rtol=0, atol=1e-4)
    torch.testing.assert_close(found.scores, scores[kept])
    assert torch.equal(found.labels, labels[kept])


def _mirrored_back(view: Any) -> torch.Tensor:
    boxes = view.pred_instances.bboxes.clone()
    if view.flip:
        boxes[:, [0, 2]] = WIDTH - boxes[:, [2, 0]]
    return boxes


def test_config_stays_as_it_is_and_says_what_the_new_one_does(tmp_path: Path):
    cfg = segmentation(tmp_path)
    before = cfg.to_dict()
    views = with_test_time_views(cfg)
    assert cfg.to_dict() == before
    assert views.test_time_views == (
        "test-time augmentation: sizes 1, 0.75, 1.25, as it is and mirrored"
    )
    assert task_of(views) == "segmentation"


def test_pipeline_without_a_resize_is_mirrored_alone(tmp_path: Path):
    cfg = detection(tmp_path)
    pipeline = cfg.val_dataloader.dataset.pipeline
    cfg.val_dataloader.dataset.pipeline = [
        pipeline[0],
        dict(type="Pad", size_divisor=4),
        pipeline[2],
    ]
    read, views = with_test_time_views(cfg).val_dataloader.dataset.pipeline
    assert read["type"] == "iclip.LoadImageFromFile"
    types = [[step["type"] for step in steps] for steps in views["transforms"]]
    assert types == [["RandomFlip", "RandomFlip"], ["Pad"], ["PackDetInputs"]]


def test_steps_before_the_resize_stay_before_it(tmp_path: Path):
    cfg = segmentation(tmp_path)
    steps = cfg.test_dataloader.dataset.pipeline
    cfg.test_dataloader.dataset.pipeline = [steps[0], steps[2], steps[1], steps[3]]
    views = with_test_time_views(cfg).test_dataloader.dataset.pipeline[1]
    types = [steps[0]["type"] for steps in views["transforms"]]
    assert types == ["LoadAnnotations", "Resize", "RandomFlip", "PackSegInputs"]


@pytest.mark.parametrize(("setting", "expected"), [(2.0, 1.5), ((2.0, 1.0), (1.5, 0.75))])
def test_resize_by_a_factor_is_scaled(setting: Any, expected: Any, tmp_path: Path):
    cfg = segmentation(tmp_path)
    cfg.test_dataloader.dataset.pipeline[1] = dict(type="Resize", scale_factor=setting)
    views = with_test_time_views(cfg).test_dataloader.dataset.pipeline[1]
    assert views["transforms"][0][1]["scale_factor"] == expected


def test_joined_data_sets_all_get_views(tmp_path: Path):
    cfg = detection(tmp_path)
    one = cfg.val_dataloader.dataset
    cfg.val_dataloader.dataset = dict(type="ConcatDataset", datasets=[one, one])
    joined = with_test_time_views(cfg).val_dataloader.dataset.datasets
    assert [part.pipeline[-1]["type"] for part in joined] == ["TestTimeAug"] * 2


def video(**sampling: Any) -> Config:
    steps = [dict(type="iclip.OpenVideo"), dict(type="SampleFrames", clip_len=8, **sampling)]
    steps += [dict(type="CenterCrop", crop_size=224), dict(type="PackActionInputs")]
    loader = dict(dataset=dict(type="SkipBrokenVideos", pipeline=steps))
    return Config(dict(default_scope="mmaction", test_dataloader=loader, model=dict(type="A")))


@pytest.mark.parametrize(("clips", "expected"), [(1, 4), (None, 4), (2, 2), (10, 10)])
def test_videos_are_seen_in_four_clips_unless_there_are_several(clips: int | None, expected: int):
    cfg = video(**({} if clips is None else {"num_clips": clips}))
    sampled = with_test_time_views(cfg).test_dataloader.dataset.pipeline[1]
    assert sampled["num_clips"] == expected


def test_detector_of_masks_is_refused(tmp_path: Path):
    cfg = detection(tmp_path)
    cfg.model.mask_head = dict(type="FCNMaskHead")
    with pytest.raises(ValueError, match=r"--tta: the model has a mask_head, and mmdet puts toget"):
        with_test_time_views(cfg)


def test_other_tasks_are_refused():
    cfg = Config(dict(model=dict(type="iclip.CLIP")))
    with pytest.raises(ValueError, match=r"--tta: the config is of pre-training; test-time augme"):
        with_test_time_views(cfg)


def test_video_without_sampling_is_refused():
    cfg = video()
    del cfg.test_dataloader.dataset.pipeline[1]
    with pytest.raises(ValueError, match=r"--tta: the test pipeline has no SampleFrames"):
        with_test_time_views(cfg)
