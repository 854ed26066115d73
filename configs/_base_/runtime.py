# What every pre-training run shares: the loop's hooks, the log and the checkpoints.
default_scope = "iclip"

default_hooks = dict(
    logger=dict(type="LoggerHook", interval=50, ignore_last=False, log_metric_by_epoch=False),
    # The first checkpoint of each 10,000 iterations stays, as a way back from a slow divergence: of
    # Swin-B with RoBERTa-B (2.6 GB each), 26 GB in 100,000 iterations.
    checkpoint=dict(type="AtomicCheckpoint", interval=1000, max_keep_ckpts=2, keep_every=10_000),
)
custom_hooks = [
    dict(type="WatchRanks"),
    dict(type="ExactResume"),
    dict(type="SeedEachIteration"),
    dict(type="GuardNumbers", on_fault="skip", max_in_row=5),
    dict(type="LogSpikes"),
    dict(type="StopWithoutGradient"),
    dict(type="ClampLogitScale", max_scale=100.0),  # public
    dict(type="CountDecodeErrors", max_fraction=0.01),
    dict(type="LogDataSummaries"),
    dict(type="LogFirstSteps"),
    dict(type="LogThroughput"),
    dict(type="LogRankTimes"),
    dict(type="SaveMetrics"),
    dict(type="StopOnSignal"),
]
# A line of the log averages over the iterations since the last one: the window is the interval.
log_processor = dict(type="OneLineLogProcessor", window_size=50)
visualizer = dict(
    type="Visualizer",
    vis_backends=[dict(type="LocalVisBackend"), dict(type="TensorboardVisBackend")],
)
env_cfg = dict(
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method="fork", opencv_num_threads=0),
    # Seconds that a rank waits for the others before the run ends with an error; the passes of a
    # step have WatchRanks.step_limit, which is shorter.
    dist_cfg=dict(backend="nccl", timeout=1800),
)
randomness = dict(seed=0)
log_level = "INFO"
load_from = None
resume = False
