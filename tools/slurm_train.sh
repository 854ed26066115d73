#!/usr/bin/env bash
# Train under Slurm, pre-training or a downstream task, one Slurm task per GPU:
#
#   tools/slurm_train.sh PARTITION JOB_NAME GPUS CONFIG [options of tools/train.py]
#
# GPUS counts the GPUs of all machines. The environment may set GPUS_PER_NODE (8), CPUS_PER_TASK (8) and
# SRUN_ARGS. Each task has to see all GPUs of its machine: no --gpus-per-task. The tasks meet at the
# first machine, at a port that follows from the job's number, unless MASTER_ADDR and MASTER_PORT are
# set.
#
# Exit code 75: the run was asked to stop (SIGUSR1 or SIGTERM), has saved a checkpoint and is to be
# continued with --resume. In a batch job, this script then has Slurm queue the job again, and the new
# attempt resumes by itself. SIGUSR1 comes two minutes before the time limit with
#
#   sbatch --requeue --signal=USR1@120 --nodes=8 ... --wrap "tools/slurm_train.sh gpu iclip 64 CONFIG"
#
# A job that was canceled or preempted is left to Slurm. Tested with stand-ins for srun and scontrol on a
# CPU; not yet run on a cluster.
set -euo pipefail

usage() { sed -n '2,19s/^# \{0,1\}//p' "$0"; }

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
# Bash would run what stands in brackets in a number that is none.
if [[ ! $gpus =~ ^[1-9][0-9]*$ || ! $per_node =~ ^[1-9][0-9]*$ ]]; then
    echo "slurm_train.sh: GPUS is '$gpus' and GPUS_PER_NODE '$per_node'; both take a number from 1 up" >&2
    exit 2
fi
((per_node > gpus)) && per_node=$gpus

# In a job that was queued again; after --resume PATH, too, the latest checkpoint counts.
[[ ${SLURM_RESTART_COUNT:-0} != 0 ]] && set -- "$@" --resume

# shellcheck source=tools/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
code=0
# shellcheck disable=SC2086 # SRUN_ARGS is a list of words.
srun --partition="$partition" --job-name="$job" --ntasks="$gpus" --ntasks-per-node="$per_node" \
    --gres="gpu:$per_node" --cpus-per-task="${CPUS_PER_TASK:-8}" --kill-on-bad-exit=1 ${SRUN_ARGS:-} \
    python "$ICLIP_ROOT/tools/train.py" "$config" --launcher slurm "$@" || code=$?

# Of all jobs, Slurm queues batch jobs again only. One that ends for another reason is not RUNNING.
if ((code == 75)) && [[ -n ${SLURM_JOB_ID:-} ]]; then
    state=$(scontrol show job --oneliner "$SLURM_JOB_ID")
    if [[ $state == *" BatchFlag=1 "* && $state == *" JobState=RUNNING "* ]]; then
        echo "slurm_train.sh: the run is to be continued; job $SLURM_JOB_ID goes into the queue again" >&2
        scontrol requeue "$SLURM_JOB_ID" || echo "slurm_train.sh: submit it again, with --resume" >&2
    fi
fi
exit "$code"
