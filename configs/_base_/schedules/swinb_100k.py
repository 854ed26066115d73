# 100,000 iterations on 64 GPUs [all recalled].
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
