"""Measurements of what a GPU does with the hub, each figure written as soon as it is there.

Not run on a GPU yet: the tests run every part in a tiny form on a CPU.
"""
