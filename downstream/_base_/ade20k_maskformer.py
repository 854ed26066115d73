# ADE20K with MaskFormer: all numbers of the recipe and their origins.
#
# [paper]    Supplementary Section C: MaskFormer in its default recipe, window 7, single-scale
#            mIoU.
# [public]   MaskFormer's own Swin configs: AdamW 6e-5, backbone multiplier 1.0, weight decay
#            0.01, none on norms (of any kind, GroupNorm included), embeddings and position
#            tables; batch 16; 160,000 iterations, 1500 of warm-up from a factor of 1e-6, poly
#            power 0.9; gradients of the whole model clipped at 0.01; drop path 0.3; crop 640 for
#            Swin-B, 512 for Swin-T, any share of one class in a crop, shorter side 0.5 to 2.0
#            times the crop; 100 queries, 6 decoder layers, loss weights 1 / 20 / 1, no-object
#            0.1. All but the schedule are inherited from mmseg's config (whose poly power is
#            1.0).
# [choice]   mmseg's transforms where they differ slightly from detectron2's: the shorter side's
#            factor is any number from 0.5 to 2.0 (detectron2: in steps of 0.1, longer side up to 4
#            crops), and the poly decay starts after the warm-up (detectron2: with it).
_base_ = [
    "mmseg::maskformer/maskformer_r50-d32_8xb2-160k_ade20k-512x512.py",
    "./runtime.py",
]
from iclip.config_functions import swin_channels

custom_imports = dict(
    imports=[
        "iclip.openmmlab",
        "iclip.openmmlab.image_files",
        "iclip.openmmlab.iou_per_class",
        "iclip.openmmlab.segmentation_of_classes",
        "iclip.openmmlab.text_maskformer_head",
    ],
    allow_failed_imports=False,
)
data_root = "{{$ICLIP_DATA:data}}/ade20k/ADEChallengeData2016"
iterations = 160_000  # [public]
crop = 640  # [public]

model = dict(
    data_preprocessor=dict(size=(crop, crop)),
    backbone=dict(
        _delete_=True,
        type="iclip.SwinBackbone",
        arch="base",
        window_size=7,  # [paper]
        out_indices=(0, 1, 2, 3),
        drop_path_rate=0.3,  # [public]
    ),
)
# The channels of the backbone's maps follow from its size.
model["decode_head"] = dict(in_channels=swin_channels(model["backbone"]["arch"]))
train_pipeline = [
    dict(type="iclip.LoadImageFromFile", max_unreadable=20),  # per worker; named, left out
    dict(type="LoadAnnotations", reduce_zero_label=True),
    # (longer, shorter) side: up to 4 : 1, the shorter side alone decides.
    dict(type="RandomResize", scale=(4 * crop, crop), ratio_range=(0.5, 2.0), keep_ratio=True),
    dict(type="RandomCrop", crop_size=(crop, crop), cat_max_ratio=1.0),  # [public]
    dict(type="RandomFlip", prob=0.5),
    dict(type="PhotoMetricDistortion"),
    dict(type="PackSegInputs"),
]
test_pipeline = [
    dict(type="iclip.LoadImageFromFile"),
    dict(type="Resize", scale=(4 * crop, crop), keep_ratio=True),
    dict(type="LoadAnnotations", reduce_zero_label=True),
    dict(type="PackSegInputs"),
]
train_dataloader = dict(
    batch_size=2,  # of 16 on 8 GPUs [public]
    dataset=dict(data_root=data_root, pipeline=train_pipeline),
)
val_dataloader = dict(dataset=dict(data_root=data_root, pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(type="iclip.IoUPerClass")
test_evaluator = val_evaluator

train_cfg = dict(max_iters=iterations)
optim_wrapper = dict(
    optimizer=dict(lr=6e-5, weight_decay=0.01),  # [public]
    clip_grad=dict(max_norm=0.01, norm_type=2),  # [public]
    paramwise_cfg=dict(
        _delete_=True,
        # By module type, since the pixel decoder's GroupNorms are named "gn".
        norm_decay_mult=0.0,
        custom_keys={
            "relative_position_bias_table": dict(decay_mult=0.0),
            "query_embed": dict(decay_mult=0.0),
            # Of a classifier by words [choice]; linear ones have neither.
            "cls_embed.logit_scale": dict(decay_mult=0.0),
            "cls_embed.background": dict(decay_mult=0.0),
        },
    ),
)
param_scheduler = [
    dict(type="LinearLR", by_epoch=False, start_factor=1e-6, begin=0, end=1500),
    dict(type="PolyLR", by_epoch=False, power=0.9, eta_min=0.0, begin=1500, end=iterations),
]
auto_scale_lr = dict(enable=True, base_batch_size=16)
default_hooks = dict(
    checkpoint=dict(_delete_=True, type="iclip.AtomicCheckpoint", interval=5000, max_keep_ckpts=2)
)
