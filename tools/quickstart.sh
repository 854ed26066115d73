#!/usr/bin/env bash
# From a fresh machine to a trained iCLIP: set up, draw the toy world, pre-train a micro iCLIP on the
# CPU, show what it has learnt, carry its weights into detection, segmentation and video, detect what no
# box ever showed, and write a report of it all.
#
#   tools/quickstart.sh [WORK_DIR]
#
# WORK_DIR is work_dirs/quickstart by default. Called again, it continues where it stopped; a second
# WORK_DIR starts anew.
set -euo pipefail

usage() { sed -n '2,9s/^# \{0,1\}//p' "$0"; }

case "${1:-}" in
-h | --help)
    usage
    exit
    ;;
-*)
    usage >&2
    exit 2
    ;;
esac

# shellcheck source=tools/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
"$ICLIP_ROOT/tools/setup.sh" --without-wordnet
# Again: the environment may be new.
# shellcheck source=tools/environment.sh
source "$ICLIP_ROOT/tools/environment.sh"
cd "$ICLIP_ROOT"

work_dir=${1:-work_dirs/quickstart}
export ICLIP_DATA=${ICLIP_DATA:-data}
# One thread beside one data worker: threads that wait for each other in a loop lose most of two cores
# as soon as anything else runs there (measured: 26 images/s with two threads, 130 and more with one).
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}

printf '\n==> Drawing the toy world in %s/toy\n' "$ICLIP_DATA"
python tools/make_toy_data.py --root "$ICLIP_DATA/toy"
printf '\n==> Pre-training configs/micro/iclip.py\n'
tools/pretrain.sh configs/micro/iclip.py 1 --device cpu --resume --work-dir "$work_dir"
printf '\n==> What it has learnt\n\n'
python tools/show_metrics.py "$work_dir"
printf '\n==> The same through the evaluation suites\n'
cache=$work_dir/embeddings
python tools/zeroshot.py "$work_dir/latest.pth" --suite toy --device cpu --cache "$cache" \
    --json "$work_dir/zeroshot_toy.json"
python tools/retrieval.py "$work_dir/latest.pth" --dataset toy --device cpu --cache "$cache" \
    --json "$work_dir/retrieval_toy.json" --pictures "$work_dir/pictures"
printf '\n==> Words for each pixel, without a training\n'
open=$ICLIP_DATA/toy/open_vocabulary
python -m iclip segment "$work_dir/latest.pth" "$ICLIP_DATA/toy/ade20k/images/validation" \
    --words "$open/class_texts_scenes.jsonl" --label-maps "$open/annotations/validation" \
    --first-number 1 --protocol toy-untrained-maps --device cpu --json "$work_dir/segment_toy.json" |
    tail -n 1 # the mean; a line for each of the 78 words stands above it
printf '\n==> Detection, segmentation and video, from these weights and from scratch\n'
python tools/run_transfers.py "$work_dir/latest.pth" --out "$work_dir/transfers"
printf '\n==> Detection of classes that no box ever shows, named by words\n'
python tools/compare_classifiers.py "$work_dir/latest.pth" --tasks detection --classifiers text \
    --seeds 1 --out "$work_dir/open_vocabulary"
printf '\n==> The report: runs beside the paper, curves, pictures\n'
python tools/report.py "$work_dir" --out "$work_dir/report.html"
