# 32 epochs from scratch [paper], UniCL's optimizer settings [public]. An epoch has as many samples
# as half of YFCC-14M and half of ImageNet-21K together, whatever a run's ratio is: all rows of
# Table 1 have the same total.
#
# UniCL's batch is 4,096 [recalled], which cannot be divided 90 : 10. 4,160 is the nearest that 8
# GPUs (or 1, 2, 4, 16) can share with every ratio of Table 1: a share is a multiple of 20.
global_batch_size = 4_160
micro_batch_size = 520  # the share of one of 8 GPUs
yfcc14m_images = 14_829_396  # public
in21k_images = 14_197_122 - 1_281_167  # public: ImageNet's 21,841 synsets without IN-1K's images
samples_per_epoch = yfcc14m_images // 2 + in21k_images // 2
iters_per_epoch = samples_per_epoch // global_batch_size
max_iters = 32 * iters_per_epoch
warmup_iters = 5 * iters_per_epoch  # public
train_cfg = dict(type="ResumableTrainLoop", max_iters=max_iters, val_interval=4 * iters_per_epoch)
optim_wrapper = dict(
    type="PrecisionOptimWrapper",
    precision="auto",
    constructor="DecayMatricesOnly",
    optimizer=dict(type="AdamW", lr=5e-4, weight_decay=0.1),  # public
    clip_grad=dict(max_norm=5.0),  # public
)
param_scheduler = [
    dict(type="LinearLR", by_epoch=False, start_factor=1e-3, begin=0, end=warmup_iters),
    dict(type="CosineAnnealingLR", by_epoch=False, begin=warmup_iters, eta_min=5e-6),  # public
]
