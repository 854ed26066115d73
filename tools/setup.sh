#!/usr/bin/env bash
# Make the hub runnable: a virtual environment, the tested packages, WordNet.
set -euo pipefail

usage() {
    cat <<'END'
Usage: tools/setup.sh [--cuda 12|13] [--force] [--without-wordnet]

Make or reuse a virtual environment, install the hub with tested versions, and fetch WordNet.
Called again, it does only what is missing.

  --cuda 12|13        the versions to install: constraints.txt has a PyTorch for CUDA 13 (NVIDIA
                      driver 580 or newer), constraints-cuda12.txt one for CUDA 12 (driver 525 or
                      newer). By default the one that this machine's driver serves, 13 without a
                      driver. The environment keeps the last choice
  --force             install the packages even if nothing has changed since the last time
  --without-wordnet   skip WordNet; only building class texts from WordNet ids needs it

Environment variables:
  ICLIP_VENV   the virtual environment to make or reuse; by default the active one, else .venv
  PYTHON       the interpreter to make it with; by default the first Python >= 3.10 on PATH
END
}

NEEDED_GB=8 # PyTorch with its CUDA libraries takes 5.5, pip's downloads most of the rest

say() { printf '[setup] %s\n' "$*"; }

fail() {
    printf '[setup] error: %s\n' "$1" >&2
    shift
    [[ $# -eq 0 ]] || printf '        %s\n' "$@" >&2
    exit 1
}

is_supported() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }

find_python() {
    local candidate candidates=(python3 python3.13 python3.12 python3.11 python3.10 python)
    [[ -z ${PYTHON:-} ]] || candidates=("$PYTHON")
    for candidate in "${candidates[@]}"; do
        if is_supported "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    fail "no Python >= 3.10 found (tried: ${PYTHON:-python3, python3.10 to python3.13, python})." \
        "Install one, or name it: PYTHON=/path/to/python3.11 tools/setup.sh"
}

make_environment() {
    if is_supported "$ICLIP_VENV/bin/python"; then
        say "reusing the virtual environment $ICLIP_VENV"
        return
    elif [[ -x $ICLIP_VENV/bin/python ]]; then
        fail "the virtual environment $ICLIP_VENV holds a Python older than 3.10." \
            "Deactivate or delete it, or name another: ICLIP_VENV=.venv tools/setup.sh"
    fi
    local python
    python="$(find_python)"
    say "making the virtual environment $ICLIP_VENV with $("$python" -V)"
    "$python" -m venv "$ICLIP_VENV" ||
        fail "$python could not make a virtual environment (its message is above)." \
            "On Debian and Ubuntu: apt-get install python3-venv"
}

# Sets `constraints` to the file of the versions to install. A choice that was asked for is kept in
# the environment, so that tools/test.sh and tools/quickstart.sh do not undo it.
choose_versions() {
    local kept="$ICLIP_VENV/.iclip-cuda" reason="asked for"
    if [[ -n $cuda ]]; then
        printf '%s\n' "$cuda" >"$kept"
    elif [[ -f $kept ]]; then
        cuda="$(cat "$kept")"
    else
        # Needs nothing but Python, so it runs before the packages are there.
        cuda="$("$ICLIP_VENV/bin/python" -m iclip.cuda_driver)" || fail "iclip.cuda_driver failed."
        reason="as the NVIDIA driver needs it"
    fi
    constraints="constraints.txt"
    if [[ $cuda = 12 ]]; then
        constraints="constraints-cuda12.txt"
        say "versions: $constraints, PyTorch for CUDA 12 ($reason)"
    fi
}

# What the installed packages depend on. A stamp in the environment keeps the last value, which
# makes a second run quick.
fingerprint() {
    cat setup.py "$constraints" pyproject.toml tools/setup.sh | cksum
    "$ICLIP_VENV/bin/python" -V
    printf '%s\n' "$ICLIP_ROOT"
}

check_disk() {
    local free_gb
    free_gb=$(($(df -Pk "$ICLIP_VENV" | awk 'NR == 2 { print $4 }') / 1024 / 1024))
    [[ $free_gb -ge $NEEDED_GB ]] ||
        fail "$free_gb GB free at $ICLIP_VENV, $NEEDED_GB GB are needed." \
            "Make room, or put the environment elsewhere: ICLIP_VENV=/larger/disk/venv tools/setup.sh"
}

pip_install() {
    local options=(--disable-pip-version-check --constraint "$constraints")
    # In a log, a progress bar would be thousands of lines.
    [[ -t 1 ]] || options+=(--quiet --progress-bar off)
    "$ICLIP_VENV/bin/python" -m pip install "${options[@]}" "$@" ||
        fail "pip could not install the packages (its message is above)." \
            "No network or an unreachable index: set pip's index-url or proxy, then run this again;" \
            "what has been downloaded is kept. No matching distribution: $constraints was tested" \
            "on Linux x86-64 with Python 3.11, see its head for other systems."
}

# `opencv-python` (mmengine demands it), `opencv-contrib-python` (mmaction2 does) and
# `opencv-python-headless` all write the package cv2, and whichever came last owns it. The first two
# load a display's libraries (libGL, libxcb), which servers lack, so the last one is installed over
# them. All stay registered, so that pip sees every requirement met.
use_headless_opencv() {
    local packages
    packages="$("$ICLIP_VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')"
    if ! grep -qsi '^headless = True' "$packages/cv2/version.py"; then
        say "giving cv2 to opencv-python-headless"
        pip_install --force-reinstall --no-deps opencv-python-headless
    fi
    "$ICLIP_VENV/bin/python" -c 'import cv2' ||
        fail "cv2 does not import (its message is above), and mmengine needs it."
}

install_packages() {
    local stamp="$ICLIP_VENV/.iclip-setup"
    if [[ $force = no && -f $stamp && $(fingerprint) = "$(cat "$stamp")" ]]; then
        say "packages: as installed before, nothing to do"
        return
    fi
    check_disk
    say "packages: installing (the first time about 3 GB to download, some minutes)"
    rm -f "$stamp"
    # Wheels only: the hub needs no compiler, and a missing wheel should say so at once.
    pip_install --only-binary :all: --editable '.[openmmlab,dev]'
    use_headless_opencv
    fingerprint >"$stamp"
}

fetch_wordnet() {
    "$ICLIP_VENV/bin/python" tools/fetch_wordnet.py ||
        fail "WordNet could not be fetched (the reason is above)." \
            "All else is installed. Training and zero-shot evaluation do not need WordNet, building" \
            "class texts from WordNet ids does. To go on without: tools/setup.sh --without-wordnet"
}

force=no
wordnet=yes
cuda=
while [[ $# -gt 0 ]]; do
    case "$1" in
    --cuda)
        cuda="${2:-}"
        [[ $cuda = 12 || $cuda = 13 ]] || fail "--cuda is '$cuda'; it takes 12 or 13."
        shift
        ;;
    --force) force=yes ;;
    --without-wordnet) wordnet=no ;;
    -h | --help)
        usage
        exit
        ;;
    *)
        usage >&2
        fail "unknown argument '$1'."
        ;;
    esac
    shift
done

# shellcheck source=tools/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
cd "$ICLIP_ROOT"
make_environment
choose_versions
install_packages
[[ $wordnet = no ]] || fetch_wordnet
say "$(printf 'ready after %d min %02d s: %s' $((SECONDS / 60)) $((SECONDS % 60)) "$ICLIP_VENV")"
