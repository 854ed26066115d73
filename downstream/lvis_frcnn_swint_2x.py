# Faster R-CNN with iCLIP's Swin-T on LVIS v1.
#
# Command:   tools/dist_train.sh downstream/lvis_frcnn_swint_2x.py 8 [--checkpoint F]
# Hardware:  8 GPUs of 16 GB assumed; not measured
# Score:     not yet run
_base_ = "./lvis_frcnn_2x.py"
checkpoint = "{{$ICLIP_CHECKPOINT:work_dirs/iclip_swint_pairs50/latest.pth}}"
model = dict(
    backbone=dict(arch="tiny", checkpoint=checkpoint),
    neck=dict(in_channels=[96, 192, 384, 768]),
)
