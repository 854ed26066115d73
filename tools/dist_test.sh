#!/usr/bin/env bash
# Evaluate a checkpoint on this machine's GPUs, or in one process on a CPU:
#
#   tools/dist_test.sh CONFIG CHECKPOINT [GPUS] [--json F] [--cfg-options k=v ...]
set -euo pipefail

usage() { sed -n '2,4s/^# \{0,1\}//p' "$0"; }

case "${1:-}" in
-h | --help)
    usage
    exit
    ;;
esac
if [[ $# -lt 2 ]]; then
    usage >&2
    exit 2
fi
config=$1 checkpoint=$2
shift 2
gpus=all
if [[ $# -gt 0 && $1 != -* ]]; then
    gpus=$1
    shift
fi

# shellcheck source=tools/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
exec python "$ICLIP_ROOT/tools/test.py" "$config" "$checkpoint" --gpus "$gpus" "$@"
