# lvis_frcnn_2x.py in miniature: the toy world's LVIS and a micro Swin of two stages, in minutes on
# a CPU. Sizes, data and schedule differ from the real config.
#
# Command:   tools/dist_train.sh downstream/toy/lvis_frcnn.py --checkpoint
#            work_dirs/quickstart/latest.pth
# Hardware:  one CPU core
_base_ = "../lvis_frcnn_2x.py"
from iclip.config_functions import swin_channels, with_settings

toy = "{{$ICLIP_DATA:data}}/toy/lvis/"
num_classes = 72
checkpoint = "{{$ICLIP_CHECKPOINT:work_dirs/quickstart/latest.pth}}"

model = dict(
    data_preprocessor=dict(pad_size_divisor=8),
    backbone=dict(
        arch=dict(_delete_=True, embed_dims=48, depths=(2, 2), num_heads=(3, 6)),
        window_size=4,
        stem="conv",
        out_indices=(0, 1),
        drop_path_rate=0.0,
        checkpoint=checkpoint,
    ),
    neck=dict(out_channels=64, num_outs=3),
    rpn_head=dict(
        in_channels=64,
        feat_channels=64,
        anchor_generator=dict(scales=[6], strides=[4, 8, 16]),
    ),
    roi_head=dict(
        bbox_roi_extractor=dict(out_channels=64, featmap_strides=[4, 8]),
        bbox_head=dict(in_channels=64, fc_out_channels=256, num_classes=num_classes),
    ),
    train_cfg=dict(
        rpn_proposal=dict(nms_pre=500, max_per_img=200),
        rcnn=dict(sampler=dict(num=64)),
    ),
    test_cfg=dict(rpn=dict(nms_pre=300, max_per_img=100)),
)
model["neck"]["in_channels"] = swin_channels(model["backbone"]["arch"])
# The size of the toy's scenes, so nothing is resized.
train_pipeline = with_settings(_base_.train_pipeline, RandomChoiceResize=dict(scales=[(160, 128)]))
test_pipeline = with_settings(_base_.test_pipeline, Resize=dict(scale=(160, 128)))
train_dataloader = dict(
    batch_size=8,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(
        dataset=dict(
            data_root=toy,
            ann_file="train.json",
            data_prefix=dict(img="images/"),
            filter_cfg=dict(min_size=8),
            pipeline=train_pipeline,
        )
    ),
)
val_dataloader = dict(
    batch_size=10,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(
        data_root=toy,
        ann_file="val.json",
        data_prefix=dict(img="images/"),
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(ann_file=toy + "val.json")
test_evaluator = val_evaluator

# A run at each of three states of the code, BENCHMARKS.md.
expected = {
    "lvis/AP": dict(runs=(52.9, 52.3, 55.8), images=150, iterations=250),
    "lvis/APr": dict(runs=(46.6, 44.2, 51.2), images=150, iterations=250),
}

epochs = 5
train_cfg = dict(max_epochs=epochs, val_interval=epochs)
optim_wrapper = dict(optimizer=dict(lr=1e-3))
param_scheduler = [
    dict(type="LinearLR", by_epoch=False, start_factor=0.01, begin=0, end=40),
    dict(type="CosineAnnealingLR", begin=0, end=epochs, T_max=epochs, convert_to_iter_based=True),
]
auto_scale_lr = dict(base_batch_size=8)
default_hooks = dict(logger=dict(interval=10))
