#!/usr/bin/env bash
# Compare the six methods and their controls on the toy world: see tools/compare_methods.py --help.
set -euo pipefail

# shellcheck source=tools/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
exec python "$ICLIP_ROOT/tools/compare_methods.py" "$@"
