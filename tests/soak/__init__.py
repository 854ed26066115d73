"""Hours of training under watch: nothing may grow that a run of weeks would die of.

    python -m tests.soak --minutes 120

trains the micro model with data workers, validation and checkpoints, looks at its processes every
few seconds, and fits a line to each series. The short form, of seconds, is part of the test suite.
"""
