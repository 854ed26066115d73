#!/usr/bin/env bash
# Set up what is missing and run the tests; all arguments go to pytest:
#   tools/test.sh tests/text -k wordnet
# ICLIP_REAL_DATA may name a folder with real photos, annotations and clips; without it, the tests
# that use them are skipped.
set -euo pipefail

# shellcheck source=tools/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
"$ICLIP_ROOT/tools/setup.sh"
cd "$ICLIP_ROOT"

# Two workers with one thread each: the tests are many and small, and more threads than cores make
# PyTorch slower, not faster. Idle workers take over tests from the end of the other's list, so that
# fixtures of a module are seldom made twice.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
exec "$ICLIP_VENV/bin/python" -m pytest -n 2 --dist worksteal "$@"
