#!/usr/bin/env bash
# Ask the package index for known faults of the versions in constraints.txt, with pip-audit:
#
#   tools/audit.sh [CONSTRAINTS]
#
# Exit code 0: none is known; 1: some are (listed); 69: the index gave no data, so nothing is known.
# tools/audit_ignore.txt holds the faults that do not concern the hub, each with its reason. pip-audit
# has an environment of its own, .venv-audit, so that what it needs is not part of the hub's.
set -euo pipefail

case "${1:-}" in
-h | --help)
    sed -n '2,8s/^# \{0,1\}//p' "$0"
    exit
    ;;
esac

# shellcheck source=tools/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
constraints=${1:-$ICLIP_ROOT/constraints.txt}
auditor=$ICLIP_ROOT/.venv-audit
if [[ ! -x $auditor/bin/pip-audit ]]; then
    python -m venv "$auditor"
    "$auditor/bin/python" -m pip install --quiet --disable-pip-version-check 'pip-audit>=2.9,<3' || {
        echo "audit.sh: pip-audit cannot be installed (pip's message is above)" >&2
        exit 69
    }
fi

found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
# Without markers, which pip-audit would ask its own Python about.
sed -e 's/#.*//' -e 's/ *;.*//' "$constraints" >"$found/versions.txt"
ignored=()
while read -r fault _; do
    [[ $fault = \#* || -z $fault ]] || ignored+=(--ignore-vuln "$fault")
done <"$ICLIP_ROOT/tools/audit_ignore.txt"

"$auditor/bin/pip-audit" --requirement "$found/versions.txt" --no-deps --disable-pip \
    --vulnerability-service pypi --progress-spinner off --format json --output "$found/report.json" \
    ${ignored[@]+"${ignored[@]}"} 2>"$found/told" || [[ -s $found/report.json ]] || {
    cat "$found/told" >&2
    exit 69
}
# pip-audit ends with 0 where it could ask about no package at all.
"$auditor/bin/python" - "$found/report.json" <<'END'
import json, sys

packages = json.load(open(sys.argv[1]))["dependencies"]
asked = [package for package in packages if "skip_reason" not in package]
faults = [(package, fault) for package in asked for fault in package["vulns"]]
for package, fault in faults:
    fixed = ", ".join(fault["fix_versions"]) or "no release"
    print(f"{package['name']} {package['version']}: {fault['id']}, mended in {fixed}")
unknown = [package["name"] for package in packages if "skip_reason" in package]
print(f"{len(faults)} known faults in {len(asked)} packages; the index has no data on {len(unknown)}")
print("\n".join(f"  {name}" for name in unknown if asked), end="\n" if unknown and asked else "")
sys.exit(1 if faults else 69 if not asked else 0)
END
