# What the three transfers add to the frameworks' runtimes: complete checkpoints, exact resumption,
# a guard against losses that are not finite, a stop on notice, a watch over the ranks, a lower
# limit of a text classifier's temperature, a log of the data that was read, the same network on all
# ranks where it predicts, and metrics for the report.
custom_imports = dict(imports=["iclip.openmmlab"], allow_failed_imports=False)
custom_hooks = [
    dict(type="iclip.WatchRanks"),
    dict(type="iclip.ExactResume"),
    dict(type="iclip.SeedEachIteration"),
    dict(type="iclip.GuardNumbers", on_fault="skip", max_in_row=5),
    dict(type="iclip.LogSpikes"),
    dict(type="iclip.ClampLogitScale", max_scale=100.0),  # of pre-training; linear heads have none
    dict(type="iclip.StopWithoutGradient"),
    dict(type="iclip.LogDataSummaries"),
    dict(type="iclip.LogFirstSteps"),
    dict(type="iclip.ReleaseAnnotations"),
    dict(type="iclip.ShareBuffers"),
    dict(type="iclip.SaveMetrics"),
    dict(type="iclip.SavePerClass"),
    dict(type="iclip.StopOnSignal"),
]
