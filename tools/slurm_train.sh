#!/usr/bin/env bash
# Train under Slurm, pre-training or a downstream task, one Slurm task per GPU:
#
#   tools/slurm_train.sh PARTITION JOB_NAME GPUS CONFIG [options of tools/train.py]
#
# GPUS counts the GPUs of all machines. The environment may set GPUS_PER_NODE (8), CPUS_PER_TASK (8) and
# SRUN_ARGS. Each task has to see all GPUs of its machine: no --gpus-per-task. The tasks meet at the
# first machine, at a port that follows from the job's number, unless MASTER_ADDR and MASTER_PORT are
# set. Tested with a stand-in for srun on a CPU; not yet run on a cluster.
set -euo pipefail

usage() { sed -n '2,9s/^# \{0,1\}//p' "$0"; }

case "${1:-}" in
-h | --help)
    usage
    exit
    ;;
esac
if [[ $# -lt 4 ]]; then
    usage >&2
    exit 2
fi
partition=$1 job=$2 gpus=$3 config=$4
shift 4
per_node=${GPUS_PER_NODE:-8}
((per_node > gpus)) && per_node=$gpus

# shellcheck source=tools/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
# shellcheck disable=SC2086 # SRUN_ARGS is a list of words.
exec srun --partition="$partition" --job-name="$job" --ntasks="$gpus" --ntasks-per-node="$per_node" \
    --gres="gpu:$per_node" --cpus-per-task="${CPUS_PER_TASK:-8}" --kill-on-bad-exit=1 ${SRUN_ARGS:-} \
    python "$ICLIP_ROOT/tools/train.py" "$config" --launcher slurm "$@"
