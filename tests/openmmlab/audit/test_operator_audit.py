"""What a shipped config reaches, on made-up sources and on the installed ones."""

from pathlib import Path

import pytest

from iclip.openmmlab.audit.config_types import config_types
from iclip.openmmlab.audit.operator_audit import FrameworkAudit, Reach, audit, package_roots
from iclip.openmmlab.audit.source_index import SourceIndex
from tests.support.made_up_packages import write_config


def audit_of(roots: dict[str, Path], text: str, **options: object) -> FrameworkAudit:
    """The audit of mmdet with one config."""
    write_config(roots["mmdet"], "a/model.py", text)
    return next(found for found in audit(roots, **{"supplied": (), **options}))


@pytest.mark.parametrize(
    ("name", "reaches"),
    [
        ("Imports", True),
        ("Inherits", True),
        ("Renamed", True),
        ("ByString", True),
        ("SHINE", True),
        ("ShineLayer", True),
        ("mmdet.Imports", True),
        ("Plain", False),
        ("Unknown", False),
    ],
)
def test_a_type_reaches_the_operators_that_its_source_names(
    roots: dict[str, Path], name: str, reaches: bool
):
    found = Reach(SourceIndex(roots)).operators([name], "mmdet")
    assert found == ({"shine_forward"} if reaches else set())


@pytest.mark.parametrize(
    "text",
    [
        "model = dict(type='Imports')",
        "model = dict(head=dict(conv_cfg=dict(type='SHINE')))",
        "model = {'type': 'Imports'}",
        "_base_ = './base.py'",
        "_base_ = ['./ba' + 'se.py']",
        "_base_ = ('../_base_/far.py',)",
    ],
)
def test_a_config_and_its_bases_name_types(roots: dict[str, Path], text: str):
    write_config(roots["mmdet"], "_base_/far.py", "model = dict(type='Imports')")
    write_config(roots["mmdet"], "a/base.py", "_base_ = '../_base_/far.py'")
    (found,) = (what for what in audit_of(roots, text).lacking if "operator" in what)
    assert found == "mmcv's operator shine_forward"


@pytest.mark.parametrize("supplied", [("shine_forward",), None])
def test_a_supplied_operator_is_not_lacking(roots: dict[str, Path], supplied: object):
    found = audit_of(roots, "model = dict(type='Imports')", supplied=supplied)
    assert (found.lacking, found.complete, found.configs) == ({}, 1, 1)
    assert found.operators == {"shine_forward": 1}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("model = dict(type='nosuchpackage.Net')", "the package nosuchpackage"),
        ("custom_imports = dict(imports=['nosuchpackage.x'])", "the package nosuchpackage"),
        ("_base_ = 'nosuchpackage::a.py'", "the package nosuchpackage"),
        ("_base_ = './nowhere.py'", "a base config that is not shipped"),
        ("model = dict(type='Gone')", "Gone, which is left out here"),
        ("model = dict(type='Lost')", "mmdet.models.lost, which is left out here"),
    ],
)
def test_what_else_is_lacking_is_named_with_the_configs(
    roots: dict[str, Path], text: str, what: str
):
    found = audit_of(roots, text, left_out=("Gone", "mmdet.models.lost"))
    assert found.lacking == {what: (".mim/configs/a/model.py",)}
    assert found.complete == 0


@pytest.fixture(scope="module")
def installed() -> Reach:
    return Reach(SourceIndex(package_roots()))


@pytest.mark.parametrize(
    ("framework", "config", "operator"),
    [
        ("mmdet", "retinanet/retinanet_r50_fpn_1x_coco.py", "sigmoid_focal_loss"),
        ("mmdet", "dino/dino-4scale_r50_8xb2-12e_coco.py", "ms_deform_attn"),
        ("mmdet", "dcn/faster-rcnn_r50-dconv-c3-c5_fpn_1x_coco.py", "deform_conv"),
        ("mmdet", "dcn/faster-rcnn_r50_fpn_dpool_1x_coco.py", "deform_roi_pool"),
        ("mmdet", "dcnv2/faster-rcnn_r50-mdconv-c3-c5_fpn_1x_coco.py", "modulated_deform_conv"),
        ("mmdet", "carafe/faster-rcnn_r50_fpn-carafe_1x_coco.py", "carafe"),
        ("mmdet", "guided_anchoring/ga-retinanet_r50_fpn_1x_coco.py", "masked_im2col"),
        ("mmdet", "scratch/mask-rcnn_r50-scratch_fpn_gn-all_6x_coco.py", "roi_align"),
        ("mmseg", "mask2former/mask2former_r50_8xb2-160k_ade20k-512x512.py", "ms_deform_attn"),
        ("mmseg", "psanet/psanet_r50-d8_4xb2-40k_cityscapes-512x1024.py", "psamask"),
        (
            "mmaction",
            "recognition/tin/tin_imagenet-pretrained-r50_8xb6-1x1x8-40e_sthv1-rgb.py",
            "tin_shift",
        ),
    ],
)
def test_models_that_are_known_for_an_operator_reach_it(
    installed: Reach, framework: str, config: str, operator: str
):
    path = package_roots()[framework] / ".mim" / "configs" / config
    assert f"{operator}_forward" in installed.operators(config_types(path).types, framework)
