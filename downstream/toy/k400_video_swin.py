# k400_video_swin_30e.py in miniature: the toy world's clips and a micro Swin of two stages, in
# minutes on a CPU. Sizes, data and schedule differ from the real config. Clips are not mirrored,
# since the labels are motions.
#
# Command:   tools/dist_train.sh downstream/toy/k400_video_swin.py --checkpoint
#            work_dirs/quickstart/latest.pth
# Hardware:  one CPU core
_base_ = "../k400_video_swin_30e.py"
from iclip.config_functions import swin_channels, with_settings

toy = "{{$ICLIP_DATA:data}}/toy/kinetics"
checkpoint = "{{$ICLIP_CHECKPOINT:work_dirs/quickstart/latest.pth}}"
side, frames = 32, 16

model = dict(
    backbone=dict(
        arch=dict(_delete_=True, embed_dims=48, depths=(2, 2), num_heads=(3, 6)),
        window_size=(8, 4, 4),
        stem="conv",
        drop_path_rate=0.0,
        checkpoint=checkpoint,
    ),
    cls_head=dict(num_classes=8, dropout_ratio=0.0),
)
model["cls_head"]["in_channels"] = swin_channels(model["backbone"]["arch"])[-1]
clip = dict(type="SampleFrames", clip_len=frames, frame_interval=2, num_clips=1)
train_pipeline = [
    dict(type="iclip.OpenVideo"),
    clip,
    dict(type="iclip.DecodeFrames"),
    dict(type="Resize", scale=(side, side), keep_ratio=False),
    dict(type="FormatShape", input_format="NCTHW"),
    dict(type="PackActionInputs"),
]
test_pipeline = with_settings(train_pipeline, SampleFrames=dict(test_mode=True))
loader = dict(num_workers=0, persistent_workers=False)
train_dataloader = dict(
    batch_size=8,
    dataset=dict(ann_file=f"{toy}/train.txt", data_prefix=dict(video=toy), pipeline=train_pipeline),
    **loader,
)
val_dataloader = dict(
    batch_size=8,
    dataset=dict(ann_file=f"{toy}/val.txt", data_prefix=dict(video=toy), pipeline=test_pipeline),
    **loader,
)
test_dataloader = val_dataloader
val_evaluator = dict(list_file=f"{toy}/val.txt")
test_evaluator = val_evaluator

# A run at each of three states of the code, BENCHMARKS.md: 48 clips say little.
expected = {"acc/top1": dict(runs=(56.2, 47.9, 41.7), images=48, iterations=400)}

epochs = 20
train_cfg = dict(max_epochs=epochs, val_begin=1, val_interval=epochs)
optim_wrapper = dict(
    type="OptimWrapper",  # float16 is for GPUs
    optimizer=dict(lr=2e-3),
    paramwise_cfg=dict(backbone=dict(lr_mult=1.0)),
)
param_scheduler = [
    dict(type="LinearLR", by_epoch=False, start_factor=0.01, begin=0, end=40),
    dict(type="CosineAnnealingLR", begin=0, end=epochs, T_max=epochs, convert_to_iter_based=True),
]
auto_scale_lr = dict(base_batch_size=8)
default_hooks = dict(logger=dict(interval=10), checkpoint=dict(interval=epochs))
