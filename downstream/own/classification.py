# Classes of one's own images with a linear classifier, the whole backbone fine-tuned: what
# `iclip finetune classification` writes inherits this.
#
# [public]   Swin's config of Swin-B from ImageNet-22K to ImageNet-1K: 30 epochs, 5 of them warm-up,
#            AdamW, cosine down to 1 % of the rate, drop path 0.2; Swin's defaults: 224 pixels,
#            RandAugment m9 mstd0.5 inc1, random erasing 0.25, mixup 0.8, CutMix 1.0, half of the
#            batches each, label smoothing 0.1, gradients clipped at a norm of 5. SimMIM's config of
#            Swin-B on ImageNet-1K: weight decay 0.05 and layer-wise decay of the learning rate.
# [choice]   Batch 128, learning rate 5e-4, layer decay 0.75; not tuned. Swin takes 4e-5 per 1,024
#            images in all layers and starts from a classifier that knows the classes; SimMIM takes
#            2.5e-3 per 1,024, layer decay 0.9 and 100 epochs. Here the classifier is new, and data
#            sets are small: the classifier learns at 5e-4, the blocks in the middle of Swin-B at
#            about 2e-5, its stem at 5e-7.
#
# Command:   iclip finetune classification --data DIR [--checkpoint F], which writes a config of its
#            own; or tools/dist_train.sh downstream/own/classification.py 1 with lists of images in
#            $ICLIP_DATA/own
# Hardware:  a GPU for Swin-B, 64 images at a time; not measured
# Score:     not yet run on a public data set
_base_ = "../../configs/_base_/runtime.py"

data = "{{$ICLIP_DATA:data}}/own"
checkpoint = "{{$ICLIP_CHECKPOINT:work_dirs/iclip_swinb/latest.pth}}"
image_size = 224  # [public]

model = dict(
    type="ImageClassifier",
    data_preprocessor=dict(type="BatchPreprocessor"),
    backbone=dict(type="SwinBackbone", arch="base", drop_path_rate=0.2, checkpoint=checkpoint),
    num_classes=1000,
    mixing=dict(  # [public]
        mixup_alpha=0.8, cutmix_alpha=1.0, cutmix_share=0.5, label_smoothing=0.1, erase_share=0.25
    ),
)

train_dataloader = dict(
    num_workers=4,
    persistent_workers=True,
    pin_memory=True,
    sampler=dict(type="SourceSampler"),
    batch_sampler=dict(type="MixingBatchSampler", ratio=(1, 0)),
    collate_fn=dict(type="iclip.collate_samples"),
    dataset=dict(
        type="MixedSources",
        labelled=dict(
            type="LabelledFiles",
            table=f"{data}/train.jsonl",
            image_transform=dict(  # [public]
                type="RandAugmentedCrop", size=image_size, rand_augment="rand-m9-mstd0.5-inc1"
            ),
        ),
    ),
)
val_dataloader = dict(
    batch_size=64,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type="DefaultSampler", shuffle=False),
    collate_fn=dict(type="iclip.collate_samples"),
    dataset=dict(
        type="LabelledFiles",
        table=f"{data}/val.jsonl",
        image_transform=dict(type="ResizeCenterCrop", size=image_size, resize=256),  # [public]
    ),
)
val_evaluator = dict(type="ImageAccuracy")
test_dataloader = val_dataloader
test_evaluator = val_evaluator

global_batch_size = 128  # [choice]
max_iters = 3000
train_cfg = dict(type="ResumableTrainLoop", max_iters=max_iters, val_interval=max_iters // 10)
val_cfg = dict(type="MultiValLoop")
test_cfg = {}
optim_wrapper = dict(
    type="PrecisionOptimWrapper",
    precision="auto",
    constructor="LayerDecay",
    paramwise_cfg=dict(rules="DecayMatricesOnly", layer_decay=0.75),  # [choice]
    optimizer=dict(type="AdamW", lr=5e-4, weight_decay=0.05),  # [choice], [public]
    clip_grad=dict(max_norm=5.0),  # [public]
)
# The warm-up takes a sixth of the run [public]. The cosine has no `end`, so it ends with the run.
warm_up = max_iters // 6
param_scheduler = [
    dict(type="LinearLR", by_epoch=False, start_factor=1e-3, begin=0, end=warm_up),
    dict(type="CosineAnnealingLR", by_epoch=False, begin=warm_up, eta_min_ratio=0.01),
]
default_hooks = dict(checkpoint=dict(interval=max_iters // 10, keep_every=None))
custom_hooks = [
    *_base_.custom_hooks,
    dict(type="SavePerClass"),
    dict(type="DrawValidation"),
]
