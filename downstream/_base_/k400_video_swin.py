# Kinetics-400 with Video Swin: all numbers of the recipe and their origins.
#
# [paper]    Supplementary Section C: Video Swin in its own recipe, 30 epochs, top-1.
# [public]   Video Swin's config of Swin-B with ImageNet-22K weights: AdamW 3e-4, backbone
#            multiplier 0.1, weight decay 0.05, none on norms and position tables; cosine with 2.5
#            warm-up epochs; 32 frames at stride 2, 224 pixels; test 4 clips x 3 crops; drop path
#            0.2; head dropout 0.5; patch (2, 4, 4), window (8, 7, 7) in (time, height, width).
#            All other settings are those of mmaction's config.
# [doubt]    Batch 64 is that of Video Swin's paper and of mmaction. Video Swin's own config has 8
#            clips per GPU and one step per 8 iterations, which makes 512 on 8 GPUs.
_base_ = [
    "mmaction::recognition/swin/"
    "swin-tiny-p244-w877_in1k-pre_8xb8-amp-32x2x1-30e_kinetics400-rgb.py",
    "./runtime.py",
]
from iclip.config_functions import swin_channels, with_settings

custom_imports = dict(
    imports=[
        "iclip.openmmlab",
        "iclip.openmmlab.video.swin",
        "iclip.openmmlab.video.frames",
        "iclip.openmmlab.video.skip_broken_videos",
        "iclip.openmmlab.video.text_head",
        "iclip.openmmlab.accuracy_per_class",
    ],
    allow_failed_imports=False,
)
data_root = "{{$ICLIP_DATA:data}}/kinetics400"
epochs = 30  # [paper]

model = dict(
    backbone=dict(
        _delete_=True,
        type="iclip.VideoSwinBackbone",
        arch="base",
        patch_size=(2, 4, 4),  # [public]
        window_size=(8, 7, 7),  # [public]
        drop_path_rate=0.2,  # [public]
    ),
    cls_head=dict(dropout_ratio=0.5),
)
model["cls_head"]["in_channels"] = swin_channels(model["backbone"]["arch"])[-1]
# mmaction's pipelines, but with PyAV as reader: mmaction's decord is no longer maintained.
train_pipeline = [
    dict(type="iclip.OpenVideo"),
    dict(type="SampleFrames", clip_len=32, frame_interval=2, num_clips=1),
    dict(type="iclip.DecodeFrames"),
    dict(type="Resize", scale=(-1, 256)),
    dict(type="RandomResizedCrop"),
    dict(type="Resize", scale=(224, 224), keep_ratio=False),
    dict(type="Flip", flip_ratio=0.5),
    dict(type="FormatShape", input_format="NCTHW"),
    dict(type="PackActionInputs"),
]
val_pipeline = [
    dict(type="iclip.OpenVideo"),
    dict(type="SampleFrames", clip_len=32, frame_interval=2, num_clips=1, test_mode=True),
    dict(type="iclip.DecodeFrames"),
    dict(type="Resize", scale=(-1, 256)),
    dict(type="CenterCrop", crop_size=224),
    dict(type="FormatShape", input_format="NCTHW"),
    dict(type="PackActionInputs"),
]
# 4 clips x 3 crops of 224 pixels from a shorter side of 224.
test_pipeline = with_settings(
    val_pipeline,
    SampleFrames=dict(num_clips=4),
    Resize=dict(scale=(-1, 224)),
    CenterCrop=dict(type="ThreeCrop"),
)
train_dataloader = dict(
    batch_size=8,  # of 64 on 8 GPUs [doubt]
    dataset=dict(
        type="SkipBrokenVideos",
        ann_file=f"{data_root}/kinetics400_train_list_videos.txt",
        data_prefix=dict(video=f"{data_root}/videos_train"),
        pipeline=train_pipeline,
    ),
)
val_videos = dict(
    type="SkipBrokenVideos",
    ann_file=f"{data_root}/kinetics400_val_list_videos.txt",
    data_prefix=dict(video=f"{data_root}/videos_val"),
)
val_dataloader = dict(dataset=dict(pipeline=val_pipeline, **val_videos))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline, **val_videos))
val_evaluator = dict(
    type="iclip.AccuracyPerClass", list_file=f"{data_root}/kinetics400_val_list_videos.txt"
)
test_evaluator = val_evaluator
train_cfg = dict(max_epochs=epochs)
# [public]. Inherited: the backbone's factor of 0.1, and float16, the only half precision that
# mmaction's heads take.
optim_wrapper = dict(
    optimizer=dict(lr=3e-4, weight_decay=0.05),
    # Of a classifier by words [choice]; a linear one has none.
    paramwise_cfg=dict(logit_scale=dict(decay_mult=0.0)),
)
auto_scale_lr = dict(enable=True, base_batch_size=64)
default_hooks = dict(
    checkpoint=dict(
        _delete_=True, type="iclip.AtomicCheckpoint", interval=1, by_epoch=True, max_keep_ckpts=2
    )
)
