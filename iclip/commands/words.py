"""Write the embeddings of classes into a file, for classifiers that know classes by their words.

    iclip words work_dirs/iclip_swinb/latest.pth "red fox, school bus" --out words.safetensors
    iclip words CKPT data/class_texts/lvis.jsonl --out lvis.safetensors --templates openai_simple

CLASSES are words between commas, a class-text table (`iclip build-class-texts`), or a text file
with a name per line. CKPT is the pre-training whose joint space the classifier has, in any form
that `iclip zeroshot` takes. With the file, `iclip predict --classes FILE` needs no text tower.
"""

import argparse
from pathlib import Path

from iclip.commands.options import add_device_option
from iclip.messages import counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("model", metavar="CKPT")
    parser.add_argument("classes", metavar="CLASSES")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=".safetensors")
    parser.add_argument(
        "--templates", default="simple", metavar="SET",
        help="simple, openai_simple or openai_imagenet (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--template", action="append", help="replaces the set; repeatable")
    parser.add_argument(
        "--names-only", action="store_true", help="leave the descriptions of a table out"
    )
    add_device_option(parser)


def run(args: argparse.Namespace) -> None:
    """Embed the classes, and write the file."""
    from iclip.predict.load_model import choose_device
    from iclip.text.prompts import select_templates
    from iclip.words import embed_vocabulary, read_vocabulary, write_class_embeddings
    from iclip.zeroshot.loading import load_zero_shot_model

    if args.out.suffix != ".safetensors":
        raise ValueError(f"--out {args.out}: give a file that ends in .safetensors")
    templates = select_templates(args.template or args.templates)
    variant = "name" if args.names_only else "name_description"
    vocabulary = read_vocabulary(args.classes, "CLASSES")
    model = load_zero_shot_model(args.model, choose_device(args.device))
    found = embed_vocabulary(model, vocabulary, templates, variant)
    write_class_embeddings(args.out, found)
    described = sum(bool(text.description) for text in found.texts)
    told = "names alone" if args.names_only else f"{described:,} of them with a description"
    print(
        f"{args.out}: {counted(len(found), 'class', 'classes')}, {told}, "
        f"{counted(len(templates), 'template')}, {found.embeds.shape[1]} dimensions"
    )
    if found.warning:
        print(f"WARNING: {found.warning}")
