# Boxes of one's own with Faster R-CNN: what `iclip finetune detection` writes inherits this.
#
# Command:   iclip finetune detection --data DIR [--checkpoint F]
# Hardware:  a GPU of 16 GB for Swin-B, 2 images at a time (the networks of ../lvis_frcnn_2x.py, of
#            which tools/plan.py says 15 GiB); not measured
# Recipe:    ../_base_/lvis_frcnn.py with COCO's metric and mmdet's settings for COCO at test, 100
#            boxes with scores from 0.05 [public]. A written config states what follows from the
#            data: see iclip/finetune/scaling.py
# Score:     not yet run on a public data set
_base_ = "../_base_/lvis_frcnn.py"

model = dict(test_cfg=dict(rcnn=dict(score_thr=0.05, max_per_img=100)))  # [public]
# Images without a box are background, and small ones count: they are the user's.
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type="CocoDataset",
        filter_cfg=dict(filter_empty_gt=False, min_size=1),
        pipeline=_base_.train_pipeline,
    )
)
val_dataloader = dict(
    dataset=dict(_delete_=True, type="CocoDataset", test_mode=True, pipeline=_base_.test_pipeline)
)
test_dataloader = val_dataloader
val_evaluator = dict(_delete_=True, type="iclip.COCOBoxMetric", ann_file="")
test_evaluator = val_evaluator
optim_wrapper = dict(constructor="iclip.LayerDecay")
custom_hooks = [*_base_.custom_hooks, dict(type="iclip.DrawValidation")]
