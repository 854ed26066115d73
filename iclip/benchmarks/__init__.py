"""What only measurements need: speed and memory, experiments, and other libraries as peers.

The parts of ``tools/benchmark.py gpu`` have not run on a GPU yet: the tests run each in a tiny form
on a CPU.
"""
