#!/usr/bin/env bash
# Train a downstream task on this machine's GPUs, or in one process on a CPU:
#
#   tools/dist_train.sh CONFIG [GPUS] [--checkpoint F] [--amp] [--resume [PATH]] [--work-dir D] [--cfg-options k=v ...]
#
# --checkpoint: the backbone's weights, an iclip checkpoint, an exported file, an official Swin file or
# a timm state dict. The rest is as in tools/pretrain.sh.
set -euo pipefail

case "${1:-}" in
-h | --help)
    sed -n '2,7s/^# \{0,1\}//p' "$0"
    exit
    ;;
esac
exec "$(dirname "${BASH_SOURCE[0]}")/pretrain.sh" "$@"
