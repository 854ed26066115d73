"""What only measurements need: speed and memory, experiments, and other libraries as peers.

``harness/`` measures and writes the tables; ``measurements/`` holds one module per sub-command of
tools/benchmark.py; ``references/`` keeps what the hub did before, to be measured against;
``peers/`` are other libraries; ``inputs/`` makes what is measured on; ``gpu/`` has the parts of the
run on a GPU, and ``toy/`` the experiments on the toy world.
"""
