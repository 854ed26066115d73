# LVIS v1 boxes with Faster R-CNN: all numbers of the recipe and their origins.
#
# [paper]    Supplementary Section C: LVIS v1, 1203 categories; Faster R-CNN in the settings of
#            Swin; 24 epochs (2x); shorter side 480 to 800 in training; single-scale box AP of all
#            and of rare categories.
# [public]   Swin's detection configs: AdamW 1e-4, betas 0.9 / 0.999, weight decay 0.05, none on
#            norms and position tables; batch 16; longer side 1333, steps of 32; drop path 0.3
#            (Swin-B). mmdet's LVIS configs: 500 warm-up iterations, drops after 16 and 22 epochs,
#            repeat-factor sampling at 1e-3, score threshold 1e-4, 300 boxes per image.
# [choice]   The box head is mmdet's, two shared layers with softmax; Section C does not name one.
# [choice]   No crops. Swin's configs resize half of the training images to a shorter side of 400,
#            500 or 600, crop 384 to 600 pixels from them and resize the crop to 480 to 800.
#            Section C names only the shorter side of 480 to 800, so only that is done here.
_base_ = [
    "mmdet::_base_/models/faster-rcnn_r50_fpn.py",
    "mmdet::_base_/datasets/lvis_v1_instance.py",
    "mmdet::_base_/schedules/schedule_2x.py",
    "mmdet::_base_/default_runtime.py",
    "./runtime.py",
]
from iclip.config_functions import swin_channels

custom_imports = dict(
    imports=[
        "iclip.openmmlab",
        "iclip.openmmlab.image_files",
        "iclip.openmmlab.shared_annotations",
        "iclip.openmmlab.text_detection",
    ],
    allow_failed_imports=False,
)
data_root = "{{$ICLIP_DATA:data}}/lvis_v1/"
num_classes = 1203  # [paper]
epochs = 24  # [paper]
shorter_sides = range(480, 801, 32)  # [paper]; step [public]
longer_side = 1333  # [public]

model = dict(
    backbone=dict(
        _delete_=True,
        type="iclip.SwinBackbone",
        arch="base",
        window_size=7,  # [paper] states it for segmentation; Swin's own for detection
        out_indices=(0, 1, 2, 3),
        drop_path_rate=0.3,  # [public]
    ),
    roi_head=dict(bbox_head=dict(num_classes=num_classes)),
    test_cfg=dict(rcnn=dict(score_thr=1e-4, max_per_img=300)),  # [public]
)
model["neck"] = dict(in_channels=swin_channels(model["backbone"]["arch"]))

# mmdet's base also reads masks; here boxes are enough.
train_pipeline = [
    dict(type="iclip.LoadImageFromFile", max_unreadable=100),  # per worker; named, left out
    dict(type="LoadAnnotations", with_bbox=True),
    dict(
        type="RandomChoiceResize",
        scales=[(longer_side, side) for side in shorter_sides],
        keep_ratio=True,
    ),
    dict(type="RandomFlip", prob=0.5),
    dict(type="PackDetInputs"),
]
test_pipeline = [
    dict(type="iclip.LoadImageFromFile"),
    dict(type="Resize", scale=(longer_side, 800), keep_ratio=True),
    dict(
        type="PackDetInputs",
        meta_keys=("img_id", "img_path", "ori_shape", "img_shape", "scale_factor"),
    ),
]
train_dataloader = dict(
    batch_size=2,  # of 16 on 8 GPUs [public]
    num_workers=4,
    dataset=dict(
        oversample_thr=1e-3,  # [public]
        dataset=dict(data_root=data_root, pipeline=train_pipeline),
    ),
)
val_dataloader = dict(num_workers=4, dataset=dict(data_root=data_root, pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(
    _delete_=True, type="iclip.LVISBoxMetric", ann_file=data_root + "annotations/lvis_v1_val.json"
)
test_evaluator = val_evaluator

train_cfg = dict(max_epochs=epochs, val_interval=epochs // 2)
optim_wrapper = dict(
    optimizer=dict(
        _delete_=True, type="AdamW", lr=1e-4, betas=(0.9, 0.999), weight_decay=0.05
    ),  # [public]
    paramwise_cfg=dict(
        custom_keys={
            "norm": dict(decay_mult=0.0),
            "relative_position_bias_table": dict(decay_mult=0.0),
            # Of a classifier by words [choice]; linear ones have neither.
            "fc_cls.logit_scale": dict(decay_mult=0.0),
            "fc_cls.background": dict(decay_mult=0.0),
        }
    ),
)
auto_scale_lr = dict(enable=True, base_batch_size=16)
default_hooks = dict(
    checkpoint=dict(
        _delete_=True, type="iclip.AtomicCheckpoint", interval=1, by_epoch=True, max_keep_ckpts=2
    )
)
