#!/usr/bin/env bash
# Pre-train on this machine's GPUs, or in one process on a CPU:
#
#   tools/pretrain.sh CONFIG [GPUS] [--resume [PATH]] [--work-dir D] [--seed S] [--cfg-options k=v ...]
#                     [--global-batch-size N] [--micro-batch-size M|auto] [--max-restarts N]
#
# The step is the config's on any number of GPUs; M samples are what a GPU computes at once.
# GPUS: how many, all visible ones by default. `tools/pretrain.sh CONFIG 2 --device cpu` runs two
# processes on the CPU. On several machines, run it on each with torchrun's variables:
#
#   NNODES=8 NODE_RANK=3 MASTER_ADDR=10.0.0.1 MASTER_PORT=29500 tools/pretrain.sh CONFIG 8
#
# Machines need not share a folder for --work-dir: the checkpoints lie on the machine of rank 0, which
# sends the one that is resumed to the others. After a failure, all processes start again up to N
# times, from the latest checkpoint. Not yet run on several GPUs.
set -euo pipefail

usage() { sed -n '2,15s/^# \{0,1\}//p' "$0"; }

case "${1:---}" in
-h | --help)
    usage
    exit
    ;;
-*)
    usage >&2
    exit 2
    ;;
esac
config=$1
shift
gpus=all
if [[ $# -gt 0 && $1 != -* ]]; then
    gpus=$1
    shift
fi

# shellcheck source=tools/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
exec python "$ICLIP_ROOT/tools/train.py" "$config" --gpus "$gpus" "$@"
