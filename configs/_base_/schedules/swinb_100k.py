# 100,000 steps of 4,096 labelled images and 8,192 pairs, which the authors took on 64 GPUs with 64
# and 128 each [all recalled]. The step is the same on any number of GPUs.
global_batch_size = 12_288
micro_batch_size = 192  # samples that a GPU computes at once: 64 labelled images and 128 pairs
train_cfg = dict(type="ResumableTrainLoop", max_iters=100_000, val_interval=10_000)
optim_wrapper = dict(
    type="PrecisionOptimWrapper",
    precision="auto",
    constructor="DecayMatricesOnly",
    optimizer=dict(type="AdamW", lr=1e-3, weight_decay=0.05),
    clip_grad=dict(max_norm=5.0),
)
param_scheduler = [
    dict(type="LinearLR", by_epoch=False, start_factor=1e-3, begin=0, end=16_700),
    dict(type="CosineAnnealingLR", by_epoch=False, begin=16_700, eta_min=0.0),
]
