"""What pictures of a validation show of the frameworks' samples."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

import iclip.openmmlab  # noqa: F401  (before the frameworks)

# isort: split
from mmaction.structures import ActionDataSample
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData, PixelData
from mmseg.structures import SegDataSample

from iclip.openmmlab.sample_views import view_boxes, view_label_maps, view_video
from iclip.panels import PANEL_SIDE, ValidatedSample, color_of


def boxed(instances: list[dict[str, Any]], boxes: list[list[float]], scores: list[float]):
    """An image of 400 x 300 pixels that the model saw at half its size."""
    inputs = torch.zeros(3, 150, 200, dtype=torch.uint8)
    inputs[0] = 255  # blue, in BGR
    output = DetDataSample(metainfo=dict(scale_factor=(0.5, 0.5), ori_shape=(300, 400)))
    output.pred_instances = InstanceData(
        bboxes=torch.tensor(boxes).view(-1, 4),
        scores=torch.tensor(scores),
        labels=torch.arange(len(scores)) % 2,
    )
    dataset = SimpleNamespace(
        metainfo=dict(classes=("cat", "dog")),
        get_data_info=lambda index: dict(instances=instances) if index == 7 else {},
    )
    return view_boxes(ValidatedSample(inputs, output, dataset, 7))


def test_boxes_stand_where_the_model_s_image_has_them():
    cat = dict(bbox=[100, 60, 200, 160], bbox_label=0, ignore_flag=0)
    truth, predicted = boxed([cat], [[0, 0, 40, 40], [100, 60, 200, 160]], [0.25, 0.75])
    (box,) = truth.boxes
    assert (box.corners, box.text, box.color) == ((50, 30, 100, 80), "cat", color_of(0))
    assert truth.title == "annotated: 1"
    # The best first, each in its class's color.
    assert [(b.corners, b.text, b.color) for b in predicted.boxes] == [
        ((50, 30, 100, 80), "dog 0.75", color_of(1)),
        ((0, 0, 20, 20), "cat 0.25", color_of(0)),
    ]
    assert (truth.image[0, 0] == (0, 0, 255)).all()  # RGB


def test_as_many_boxes_as_are_annotated_and_at_least_three():
    many = [[float(i), 0.0, float(i) + 9, 9.0] for i in range(30)]
    scores = [i / 30 for i in range(30)]
    cat = dict(bbox=[0, 0, 9, 9], bbox_label=0, ignore_flag=0)
    shown = [len(boxed([cat] * count, many, scores)[1].boxes) for count in (0, 5, 50)]
    assert shown == [3, 5, 20]
    assert boxed([cat] * 5, many, scores)[1].title == "predicted: 5 best of 30"


def test_ignored_regions_and_images_without_boxes():
    crowd = dict(bbox=[0, 0, 9, 9], bbox_label=0, ignore_flag=1)
    truth, predicted = boxed([crowd], [], [])
    assert truth.boxes == predicted.boxes == ()


def test_large_image_is_reduced_and_its_boxes_with_it():
    inputs = torch.zeros(3, 600, 2 * PANEL_SIDE, dtype=torch.uint8)
    output = DetDataSample(metainfo=dict(scale_factor=(2.0, 2.0)))
    output.pred_instances = InstanceData(
        bboxes=torch.tensor([[0.0, 0.0, 480.0, 300.0]]),
        scores=torch.ones(1),
        labels=torch.zeros(1, dtype=torch.long),
    )
    dataset = SimpleNamespace(metainfo=dict(classes=("cat",)), get_data_info=lambda _: {})
    _, predicted = view_boxes(ValidatedSample(inputs, output, dataset, 0))
    assert predicted.image.shape[:2] == (300, PANEL_SIDE)
    assert predicted.boxes[0].corners == (0, 0, PANEL_SIDE, 300)


def segmented(truth: list[list[int]] | None, predicted: list[list[int]], palette: Any = None):
    inputs = torch.full((3, 2, 4), 100, dtype=torch.uint8)
    output = SegDataSample()
    output.pred_sem_seg = PixelData(data=torch.tensor([predicted]))
    if truth is not None:
        output.gt_sem_seg = PixelData(data=torch.tensor([truth]))
    dataset = SimpleNamespace(metainfo=dict(classes=("sky", "sea"), palette=palette))
    return view_label_maps(ValidatedSample(inputs, output, dataset, 0))


def test_label_maps_color_the_image_beside_it():
    truth, predicted = [[0, 0, 1, 255]] * 2, [[0, 0, 0, 0]] * 2
    image, annotated, guess = segmented(truth, predicted, [[200, 0, 0], [0, 0, 200]])
    assert (image.image == 100).all()
    # 0.6 of the class's color.
    expected = {0: [160, 40, 40], 1: [40, 40, 160], 255: [100, 100, 100]}
    np.testing.assert_array_equal(annotated.image[0], [expected[label] for label in truth[0]])
    np.testing.assert_array_equal(guess.image[0], [expected[0]] * 4)
    assert annotated.title == "annotated: sky, sea"
    assert guess.title == "predicted: sky (67 % of pixels right)"  # two of three


def test_label_map_of_another_size_is_stretched_over_the_image():
    _, _, guess = segmented([[0]], [[0, 1]], [[200, 0, 0], [0, 0, 200]])
    assert [tuple(pixel) for pixel in guess.image[1]] == [(160, 40, 40)] * 2 + [(40, 40, 160)] * 2


@pytest.mark.parametrize("palette", [None, [[1, 2, 3]]])
def test_classes_without_colors_get_some(palette: Any):
    panels = segmented(None, [[0, 1]], palette)
    assert len(panels) == 2  # the image, and the prediction
    assert (panels[1].image[0, 0] != panels[1].image[0, 3]).any()


@pytest.mark.parametrize("shape", [(2, 3, 9, 8, 10), (9, 3, 8, 10)])
def test_frames_of_a_video_stand_in_a_row_with_the_classes(shape: tuple[int, ...]):
    inputs = torch.zeros(shape, dtype=torch.uint8)
    frames = inputs[0].transpose(0, 1) if len(shape) == 5 else inputs
    for i, frame in enumerate(frames):  # (3, 8, 10)
        frame.fill_(i)
    output = ActionDataSample().set_pred_score(torch.tensor([0.2, 0.8])).set_gt_label(1)
    dataset = SimpleNamespace(metainfo=dict(classes=["run", "swim"]))
    (panel,) = view_video(ValidatedSample(inputs, output, dataset, 0))
    assert panel.image.shape == (8, 60, 3)
    assert panel.image[0, ::10, 0].tolist() == [0, 2, 3, 5, 6, 8]
    assert panel.title == "swim\npredicted: swim 0.80, run 0.20" and panel.right


def test_names_of_videos_classes_come_from_the_list_s_folder(tmp_path):
    (tmp_path / "labels.txt").write_text("run\nswim\n")
    output = ActionDataSample().set_pred_score(torch.tensor([0.2, 0.8])).set_gt_label(0)
    dataset = SimpleNamespace(metainfo={}, ann_file=str(tmp_path / "val.txt"))
    inputs = torch.zeros(1, 3, 2, 8, 10, dtype=torch.uint8)
    (panel,) = view_video(ValidatedSample(inputs, output, dataset, 0))
    assert panel.title == "run\npredicted: swim 0.80, run 0.20" and not panel.right
