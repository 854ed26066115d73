# MaskFormer with iCLIP's Swin-T on ADE20K, in crops of 512.
#
# Command:   tools/dist_train.sh downstream/ade20k_maskformer_swint_160k.py 8 [--checkpoint F]
# Hardware:  8 GPUs of 16 GB assumed; not measured
# Score:     not yet run
_base_ = "./ade20k_maskformer_160k.py"
checkpoint = "{{$ICLIP_CHECKPOINT:work_dirs/iclip_swint_pairs50/latest.pth}}"
crop = 512  # [public]
model = dict(
    data_preprocessor=dict(size=(crop, crop)),
    backbone=dict(arch="tiny", checkpoint=checkpoint),
    decode_head=dict(in_channels=[96, 192, 384, 768]),
)
train_pipeline = _base_.train_pipeline
train_pipeline[2]["scale"] = (4 * crop, crop)
train_pipeline[3]["crop_size"] = (crop, crop)
test_pipeline = _base_.test_pipeline
test_pipeline[1]["scale"] = (4 * crop, crop)
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
