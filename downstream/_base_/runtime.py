# What the three transfers add to the frameworks' runtimes: complete checkpoints, exact resumption,
# a stop when the loss is not finite, a log of the data that was read, and metrics for the report.
custom_imports = dict(imports=["iclip.openmmlab"], allow_failed_imports=False)
custom_hooks = [
    dict(type="iclip.WatchRanks"),
    dict(type="iclip.ExactResume"),
    dict(type="iclip.SeedEachIteration"),
    dict(type="iclip.StopWhenNotFinite"),
    dict(type="iclip.LogDataSummaries"),
    dict(type="iclip.ReleaseAnnotations"),
    dict(type="iclip.SaveMetrics"),
    dict(type="iclip.SavePerClass"),
    dict(type="iclip.StopOnSignal"),
]
