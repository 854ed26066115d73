# MaskFormer with iCLIP's Swin-T on ADE20K, in crops of 512.
#
# Command:   tools/dist_train.sh downstream/ade20k_maskformer_swint_160k.py 8 [--checkpoint F]
# Hardware:  8 GPUs of 16 GB. The networks need 4 GiB of each by tools/plan.py, which leaves the
#            losses out; not measured
# Score:     not yet run
_base_ = "./ade20k_maskformer_160k.py"
from iclip.config_functions import swin_channels, with_settings

checkpoint = "{{$ICLIP_CHECKPOINT:work_dirs/iclip_swint_pairs50/latest.pth}}"
crop = 512  # [public]
model = dict(
    data_preprocessor=dict(size=(crop, crop)),
    backbone=dict(arch="tiny", checkpoint=checkpoint),
)
model["decode_head"] = dict(in_channels=swin_channels(model["backbone"]["arch"]))
train_pipeline = with_settings(
    _base_.train_pipeline,
    RandomResize=dict(scale=(4 * crop, crop)),
    RandomCrop=dict(crop_size=(crop, crop)),
)
test_pipeline = with_settings(_base_.test_pipeline, Resize=dict(scale=(4 * crop, crop)))
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
