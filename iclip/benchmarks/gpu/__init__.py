"""The parts of ``tools/benchmark.py gpu``.

BENCHMARKS.md has what they found on an H200. The tests run each in a tiny form on a CPU.
"""
