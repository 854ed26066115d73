# ../detection.py with the heads of downstream/toy/lvis_frcnn.py, for backbones smaller than Swin-T.
#
# Command:   iclip finetune detection --data DIR --checkpoint work_dirs/quickstart/latest.pth
# Hardware:  one CPU core
# Score:     not yet run on a public data set
_base_ = "../detection.py"

model = dict(
    neck=dict(out_channels=64),
    rpn_head=dict(in_channels=64, feat_channels=64),
    roi_head=dict(
        bbox_roi_extractor=dict(out_channels=64),
        bbox_head=dict(in_channels=64, fc_out_channels=256),
    ),
    train_cfg=dict(
        rpn_proposal=dict(nms_pre=500, max_per_img=200), rcnn=dict(sampler=dict(num=64))
    ),
    test_cfg=dict(rpn=dict(nms_pre=300, max_per_img=100)),
)
