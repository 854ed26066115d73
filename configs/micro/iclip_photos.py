# A micro iCLIP that learns 64 real photos by heart, against the texts of 1000 WordNet classes. It
# shows that real JPEG files, names and descriptions work in the whole training.
#
# Command:   tools/pretrain.sh configs/micro/iclip_photos.py
# Data:      $ICLIP_DATA/photos/images/<wnid>/*.JPEG and $ICLIP_DATA/photos/class_texts.jsonl, which
#            may hold more classes than there are folders (tools/build_class_texts.py --wnids)
# Hardware:  one CPU core, 3 minutes
# Score:     training top-1 100 % among 1000 classes, of 64 photos of 64 classes
_base_ = "./iclip.py"
expected = None
from iclip.config_functions import with_settings

photos = "{{$ICLIP_DATA:data}}/photos"
image_size = 64

# The texts hold any words, so all of CLIP's tokens are needed.
model = dict(
    text_encoder=dict(vocabulary=None),
    class_prompts=dict(class_texts=f"{photos}/class_texts.jsonl"),
)
labelled = dict(
    type="LabelledImages",
    root=f"{photos}/images",
    class_texts=f"{photos}/class_texts.jsonl",
)
global_batch_size = 64
train_dataloader = dict(
    batch_sampler=dict(ratio=(1, 0)),
    dataset=dict(
        _delete_=True,
        type="MixedSources",
        labelled=dict(
            image_transform=dict(
                type="RandomResizedCropFlip", size=image_size, scale=(0.8, 1.0), ratio=(0.9, 1.1)
            ),
            **labelled,
        ),
    ),
)
# Validation is on the training images, among all classes of the table.
val_dataloader = [
    dict(
        _base_.eval_loader,
        dataset=dict(image_transform=dict(type="ResizeCenterCrop", size=image_size), **labelled),
    )
]
val_evaluator = [dict(type="ZeroShotAccuracy", class_texts=f"{photos}/class_texts.jsonl")]
train_cfg = dict(max_iters=80, val_interval=80)
default_hooks = dict(logger=dict(interval=10))
log_processor = dict(window_size=10)
# Warm-up in the first fifth of the run.
param_scheduler = with_settings(
    _base_.param_scheduler, LinearLR=dict(end=16), CosineAnnealingLR=dict(begin=16)
)
