# AdamW for a micro model on the toy world; BENCHMARKS.md shows how the learning rate was chosen.
max_iters = 1000
train_cfg = dict(type="ResumableTrainLoop", max_iters=max_iters, val_interval=max_iters)
optim_wrapper = dict(
    type="PrecisionOptimWrapper",
    precision="auto",
    constructor="DecayMatricesOnly",
    optimizer=dict(type="AdamW", lr=2e-3, betas=(0.9, 0.98), weight_decay=0.05),
    clip_grad=dict(max_norm=1.0),
)
# The cosine has no `end`, so it ends with the run, also where `max_iters` is another.
param_scheduler = [
    dict(type="LinearLR", by_epoch=False, start_factor=0.01, begin=0, end=50),
    dict(type="CosineAnnealingLR", by_epoch=False, begin=50, eta_min_ratio=0.01),
]
