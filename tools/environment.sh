# shellcheck shell=bash
# Sourced by the scripts beside it: puts the Python that the hub runs on first on PATH. It is that of
# $ICLIP_VENV if set, else of the active virtual environment, else of .venv in the checkout. Where that
# folder does not exist, PATH stays as it is: users of, say, a conda environment keep their `python`.

ICLIP_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
ICLIP_VENV="${ICLIP_VENV:-${VIRTUAL_ENV:-$ICLIP_ROOT/.venv}}"
[[ $ICLIP_VENV = /* ]] || ICLIP_VENV="$PWD/$ICLIP_VENV"
export ICLIP_ROOT ICLIP_VENV

if [[ -x $ICLIP_VENV/bin/python ]]; then
    export PATH="$ICLIP_VENV/bin:$PATH"
fi
