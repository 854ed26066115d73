# shellcheck shell=bash
# Sourced by the scripts beside it: decides in one place which Python the hub runs on and puts its
# folder first on PATH. $ICLIP_VENV if set, else the active virtual environment, else .venv in the
# checkout. Where that folder does not exist (yet), PATH stays as it is: whoever installed the hub
# another way, into a conda environment say, keeps the `python` they chose.

ICLIP_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
ICLIP_VENV="${ICLIP_VENV:-${VIRTUAL_ENV:-$ICLIP_ROOT/.venv}}"
[[ $ICLIP_VENV = /* ]] || ICLIP_VENV="$PWD/$ICLIP_VENV"
export ICLIP_ROOT ICLIP_VENV

if [[ -x $ICLIP_VENV/bin/python ]]; then
    export PATH="$ICLIP_VENV/bin:$PATH"
fi
