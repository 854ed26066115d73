# Clips of one's own with Video Swin: what `iclip finetune video` writes inherits this.
#
# Command:   iclip finetune video --data DIR [--checkpoint F]
# Hardware:  a GPU of 24 GB for Swin-B, 8 clips at a time (the networks of
#            ../k400_video_swin_30e.py, of which tools/plan.py says 20 GiB); not measured
# Recipe:    ../_base_/k400_video_swin.py. A written config states what follows from the data: see
#            iclip/finetune/scaling.py. [choice] The test takes one clip and the center, as the
#            validation does, so that the closing figures are those of the best checkpoint
# Score:     not yet run on a public data set
_base_ = "../_base_/k400_video_swin.py"

val_dataloader = dict(dataset=dict(data_prefix=dict(video="")))
train_dataloader = dict(dataset=dict(data_prefix=dict(video="")))
test_dataloader = dict(
    _delete_=True,
    batch_size=8,
    num_workers=8,
    persistent_workers=True,
    sampler=dict(type="DefaultSampler", shuffle=False),
    dataset=dict(
        type="SkipBrokenVideos",
        data_prefix=dict(video=""),
        test_mode=True,
        pipeline=_base_.val_pipeline,
    ),
)
optim_wrapper = dict(
    constructor="iclip.LayerDecay", paramwise_cfg=dict(rules="SwinOptimWrapperConstructor")
)
custom_hooks = [*_base_.custom_hooks, dict(type="iclip.DrawValidation")]
