# ../video.py as downstream/toy/k400_video_swin.py has it, for backbones smaller than Swin-T: no
# dropout, and one learning rate for the whole network.
#
# Command:   iclip finetune video --data DIR --checkpoint work_dirs/quickstart/latest.pth
# Hardware:  one CPU core
# Score:     not yet run on a public data set
_base_ = "../video.py"

model = dict(cls_head=dict(dropout_ratio=0.0))
optim_wrapper = dict(paramwise_cfg=dict(backbone=dict(lr_mult=1.0)))
