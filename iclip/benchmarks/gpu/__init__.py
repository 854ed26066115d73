"""The parts of ``tools/benchmark.py gpu``.

They have not run on a GPU yet: the tests run each in a tiny form on a CPU.
"""
