#!/usr/bin/env bash
# Make the environment of `iclip demo`, on top of the hub's, after tools/setup.sh:
#
#   tools/demo_environment.sh
#   .venv/demo/bin/python -m iclip demo W --images photos/
#
# gradio demands a Pillow below 13, whose resizing gives some pixels another value than the hub's
# figures were measured with. So the page has an environment of its own, the folder demo/ of the hub's:
# gradio and what it brings (constraints-demo.txt); all else is the hub's. Called again, it makes what
# is missing.
set -euo pipefail

case "${1:-}" in
-h | --help)
    sed -n '2,10s/^# \{0,1\}//p' "$0"
    exit
    ;;
esac

# shellcheck source=tools/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
cd "$ICLIP_ROOT"
demo=$ICLIP_VENV/demo
stamp=$demo/.iclip-demo
made_of=$(cksum constraints-demo.txt tools/demo_environment.sh)
if [[ -f $stamp && $(cat "$stamp") = "$made_of" ]]; then
    echo "[demo] as made before, nothing to do: $demo"
    exit
fi
"$ICLIP_VENV/bin/python" -m venv --without-pip --clear "$demo"
below=$("$ICLIP_VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
above=$("$demo/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
# Behind the demo's own packages, and with what the hub's .pth files add.
printf 'import site; site.addsitedir("%s")\n' "$below" >"$above/hub.pth"
"$ICLIP_VENV/bin/python" -m pip --python "$demo/bin/python" install --quiet --progress-bar off \
    --disable-pip-version-check --only-binary :all: --constraint constraints-demo.txt 'iclip[demo]' || {
    echo "[demo] error: pip could not install the packages (its message is above)" >&2
    exit 1
}
printf '%s\n' "$made_of" >"$stamp"
echo "[demo] ready: $demo/bin/python -m iclip demo"
