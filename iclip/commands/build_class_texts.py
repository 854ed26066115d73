"""Build a class-text table from WordNet ids, an LVIS annotation file, a list of names or a CSV.

    python tools/build_class_texts.py --wnids data/imagenet/train --out imagenet1k.jsonl
    python tools/build_class_texts.py --lvis data/lvis/lvis_v1_val.json --out lvis.jsonl
    python tools/build_class_texts.py --names data/kinetics400/labels.txt --out kinetics400.jsonl

Each line of the table is one class: {"id": ..., "names": [...], "description": ...}. Classes that
share a name are kept and reported: their descriptions tell them apart.
"""

import argparse
import json
from pathlib import Path

from iclip.files.atomic import write_atomically
from iclip.text.class_texts import write_class_texts
from iclip.text.sources.class_text_report import class_text_report
from iclip.text.sources.collected_texts import CollectedTexts
from iclip.text.sources.handwritten import from_csv
from iclip.text.sources.listed_names import from_names
from iclip.text.sources.lvis import from_lvis
from iclip.text.sources.wnids import from_wnids
from iclip.text.sources.wordnet import WordNet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--wnids",
        type=Path,
        metavar="FOLDER_OR_FILE",
        help="a folder with a folder per WordNet id (ImageNet-1K) or a <wnid>.tar per WordNet id "
        "(ImageNet-21K), or a text file with a WordNet id at the start of each line",
    )
    source.add_argument(
        "--lvis",
        type=Path,
        metavar="ANN.json",
        help="an LVIS annotation file: its synonyms and definitions; ids are its category ids",
    )
    source.add_argument(
        "--names",
        type=Path,
        metavar="FOLDER_OR_FILE",
        help="a name per line in the order of the labels, UCF-101's classInd.txt, Kinetics' table, "
        "whose labels are sorted, or a folder per class; ApplyEyeMakeup, brush_hair become words",
    )
    source.add_argument(
        "--csv",
        type=Path,
        metavar="F",
        help="a table written by hand with the columns id,name,description; a name may hold "
        "synonyms between |",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="F.jsonl", help="the table")
    parser.add_argument(
        "--allow-missing",
        action="store_true",
        help="leave out, and list, the entries that WordNet does not know instead of stopping",
    )
    parser.add_argument(
        "--json-report",
        type=Path,
        metavar="F.json",
        help="also write every finding in full (the screen shows 20 of a kind)",
    )


def run(args: argparse.Namespace) -> None:
    """Build the table, and report what is missing or equal.

    Raises:
        ValueError: Entries have no text, and ``--allow-missing`` is not given.
    """
    collected = _collect(args)
    report = class_text_report(collected)
    print("\n".join(report.lines()))
    if args.json_report:
        content = json.dumps(report.as_dict(), indent=2, ensure_ascii=False)
        write_atomically(args.json_report, content + "\n")
    if report.missing and not args.allow_missing:
        raise ValueError(
            f"{len(report.missing)} entries have no text, so {args.out} was not written. "
            "Correct them, or leave them out of the table with --allow-missing"
        )
    write_class_texts(args.out, collected.texts)
    print(f"written to {args.out}")


def _collect(args: argparse.Namespace) -> CollectedTexts:
    if args.wnids:
        return from_wnids(args.wnids, WordNet())
    if args.lvis:
        return from_lvis(args.lvis)
    if args.names:
        return from_names(args.names)
    return from_csv(args.csv)
