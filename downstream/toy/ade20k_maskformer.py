# ade20k_maskformer_160k.py in miniature: the toy world's ADE20K and a micro Swin of two stages, in
# minutes on a CPU. Sizes, data and schedule differ from the real config.
#
# Command:   tools/dist_train.sh downstream/toy/ade20k_maskformer.py --checkpoint
#            work_dirs/quickstart/latest.pth
# Hardware:  one CPU core
_base_ = "../ade20k_maskformer_160k.py"
from iclip.config_functions import swin_channels, with_settings

toy = "{{$ICLIP_DATA:data}}/toy/ade20k"
checkpoint = "{{$ICLIP_CHECKPOINT:work_dirs/quickstart/latest.pth}}"
num_classes = 18
crop = 64

attention = dict(embed_dims=64, num_heads=4)
model = dict(
    data_preprocessor=dict(size=(crop, crop)),
    backbone=dict(
        arch=dict(_delete_=True, embed_dims=48, depths=(2, 2), num_heads=(3, 6)),
        window_size=4,
        stem="conv",
        out_indices=(0, 1),
        drop_path_rate=0.0,
        checkpoint=checkpoint,
    ),
    decode_head=dict(
        in_index=[0, 1],
        feat_channels=64,
        out_channels=64,
        num_classes=num_classes,
        num_queries=24,
        positional_encoding=dict(num_feats=32),
        transformer_decoder=dict(
            num_layers=2,
            layer_cfg=dict(
                self_attn_cfg=attention,
                cross_attn_cfg=attention,
                ffn_cfg=dict(embed_dims=64, feedforward_channels=256),
            ),
        ),
        loss_cls=dict(class_weight=[1.0] * num_classes + [0.1]),
    ),
)
model["decode_head"]["in_channels"] = swin_channels(model["backbone"]["arch"])

classes = (
    *("disc", "square", "triangle", "five-pointed star", "heart", "crescent", "cross", "arrow"),
    *("flower", "fish", "hourglass", "crown", "wall", "sky", "grass", "sand", "water", "wood"),
)
# Any 18 different colors.
metainfo = dict(
    classes=classes, palette=[[53 * i % 256, 97 * i % 256, 201 * i % 256] for i in range(18)]
)
# mmseg's ADE20KDataset has the real classes, so its base class is used.
dataset = dict(type="BaseSegDataset", data_root=toy, metainfo=metainfo, reduce_zero_label=True)
# The toy's scenes have 160 x 128 pixels; half of that is enough.
train_pipeline = with_settings(
    _base_.train_pipeline,
    RandomResize=dict(scale=(80, crop)),
    RandomCrop=dict(crop_size=(crop, crop)),
)
test_pipeline = with_settings(_base_.test_pipeline, Resize=dict(scale=(80, crop)))
train_dataloader = dict(
    batch_size=8,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(pipeline=train_pipeline, **dataset),
)
val_dataloader = dict(
    batch_size=10,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(pipeline=test_pipeline, **dataset),
)
test_dataloader = val_dataloader

# Three seeds, BENCHMARKS.md.
expected = {"mIoU": dict(runs=(32.5, 32.2, 31.8), images=80, iterations=1600)}

iterations = 1600
train_cfg = dict(max_iters=iterations, val_interval=iterations)
# At 1e-3 the decoder with its dropout collapses to a few backgrounds (BENCHMARKS.md).
optim_wrapper = dict(optimizer=dict(lr=3e-4), clip_grad=dict(max_norm=1.0))
param_scheduler = [
    dict(type="LinearLR", by_epoch=False, start_factor=0.01, begin=0, end=160),
    dict(type="PolyLR", by_epoch=False, power=0.9, eta_min=0.0, begin=160, end=iterations),
]
auto_scale_lr = dict(base_batch_size=8)
default_hooks = dict(logger=dict(interval=50), checkpoint=dict(interval=iterations))
