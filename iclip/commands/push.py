"""Push a model to a hub, or write the folder that would be pushed.

    iclip push W org/name --license apache-2.0
    iclip push work_dirs/iclip_swinb/latest.pth org/name --private --token-from-env
    iclip push W org/name --folder-only DIR
    iclip push DIR org/name

W is a checkpoint of pre-training, the light file of a fine-tuning (best.pth), or the folder of
either; or DIR, which an earlier push has written and whose card you have edited: it is sent as it
is. The folder holds safetensors, config.json, a model card and .eval_results; timm and
open_clip load it with their own loaders where they can (the command says if not), and this hub by
the name hf-hub:org/name wherever a checkpoint is named. The card's figures are those that were
measured on these weights and that the run's folder holds, or those of --report FILE, which
`iclip report --json` wrote. No file names a path of this machine.

HF_ENDPOINT says which hub; HF_TOKEN, or `hf auth login`, who sends. All files become visible in
one commit at the end.
"""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iclip.messages import counted, listing

if TYPE_CHECKING:
    from iclip.hub.libraries import LibraryFiles
    from iclip.hub.model_card import Card
    from iclip.hub.pushed_model import PushedModel


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "model", type=Path, metavar="W", help="a checkpoint, a run's folder, or a written DIR"
    )
    parser.add_argument("repository", nargs="?", metavar="org/name", help="where it goes")
    parser.add_argument("--license", help="the hub's identifier, e.g. apache-2.0 or cc-by-nc-4.0")
    parser.add_argument("--about", default="", metavar="TEXT", help="sentences for the model card")
    parser.add_argument(
        "--report", type=Path, metavar="F", help="figures of the card, by iclip report --json F"
    )
    parser.add_argument("--private", action="store_true", help="a new repository is not public")
    parser.add_argument(
        "--token-from-env", action="store_true", help="send with HF_TOKEN and no stored sign-in"
    )
    parser.add_argument(
        "--folder-only", type=Path, metavar="DIR", help="write the folder and send nothing"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be sent")


def run(args: argparse.Namespace) -> None:
    """Write the folder, say what is in it, and send it."""
    from iclip.checkpoints.hub_names import is_hub_name
    from iclip.checkpoints.model_folders import is_model_folder
    from iclip.hub.folder import check_folder, write_folder
    from iclip.hub.pushed_model import read_pushed_model
    from iclip.hub.upload import check_target, token_of_environment

    if is_hub_name(args.model):
        raise ValueError(f"{args.model} is on a hub already: name a checkpoint or folder of yours")
    if args.repository is None and args.folder_only is None:
        raise ValueError("give org/name, where the model goes, or --folder-only DIR")
    if args.repository is not None:
        check_target(args.repository)
    token = token_of_environment() if args.token_from_env else None
    if is_model_folder(args.model):
        _refuse_options_of_writing(args)
        check_folder(args.model)
        _list_files(args.model)
        _send(args, args.model, token)
        return
    model = _with_class_names(read_pushed_model(args.model))
    card = _card(args, model)
    with tempfile.TemporaryDirectory() as scratch:
        name = (args.repository or "model").rpartition("/")[2]
        folder = args.folder_only or Path(scratch) / name
        libraries = write_folder(model, folder, card, args.repository)
        _say(folder, card, libraries)
        if args.folder_only:
            print(f"written: {folder}")
        else:
            _send(args, folder, token)


def _with_class_names(model: "PushedModel") -> "PushedModel":
    """Name the classes of a training checkpoint as its data do.

    A data set of a framework records the names of its whole vocabulary, such as LVIS's 1203, also
    where the data, and the model, have others.
    """
    from mmengine.config import Config

    from iclip.checkpoints.model_files import model_meta
    from iclip.openmmlab.class_names import UNNAMED, class_names
    from iclip.predict.load_model import model_of
    from iclip.tasks import CLASSIFICATION

    if model.file is None or model.task == CLASSIFICATION:
        return model
    count = len(model_of(model.file, "cpu").classes)
    if len(model.file.classes or ()) == count:
        return model
    names = class_names(Config(dict(model.file.config)), count, model_meta(model.file))
    if names[0] == UNNAMED.format(0):
        print(
            f"the {count} classes have no names: the files of the data, which hold them, are not "
            "where the training had them. Push from there, or the best.pth of an iclip finetune"
        )
    return model.with_class_names(names)


def _refuse_options_of_writing(args: argparse.Namespace) -> None:
    """Raise ValueError for options that would write a folder anew."""
    names = ("license", "about", "report", "folder_only")
    given = [f"--{name.replace('_', '-')}" for name in names if getattr(args, name)]
    if given or args.repository is None:
        raise ValueError(
            f"{args.model} was written by an earlier push, and is sent as it is: give org/name"
            + (f", leave out {listing(given)}, and edit its README.md" if given else "")
        )


def _send(args: argparse.Namespace, folder: Path, token: str | None) -> None:
    from iclip.hub.upload import upload

    if args.dry_run:
        print(f"--dry-run: nothing was sent to {args.repository}")
        return
    pushed = upload(folder, args.repository, args.private, token)
    print(f"{pushed.url} (commit {pushed.commit})")
    print(f"load with: hf-hub:{args.repository}")


def _card(args: argparse.Namespace, model: "PushedModel") -> "Card":
    from iclip.files.checksum import file_sha256
    from iclip.hub.card_figures import figures_of
    from iclip.hub.model_card import NO_LICENSE, Card

    runs = _runs(args.report, model.path.resolve().parent)
    iteration = model.meta.get("iter")
    if model.file is not None:
        iteration = model.file.trained.get("iteration")
    figures, others = figures_of(runs, file_sha256(model.path), iteration)
    return Card(
        title=(args.repository or args.folder_only.name).rpartition("/")[2],
        license=args.license or NO_LICENSE,
        figures=figures,
        left_out=others,
        data=[entry for run in runs for entry in run.get("data") or []],
        about=args.about,
    )


def _runs(report: Path | None, folder: Path) -> Sequence[Mapping[str, Any]]:
    """Return the runs of a report: of the file that the user names, or of the model's own folder.

    Raises:
        ValueError: The file is not a report of this version.
    """
    from iclip.report.record import record_of
    from iclip.report.run_reader import read_run
    from iclip.results.json_values import read_json

    if report is None:
        run = read_run(folder, folder.name)
        is_run = run.config or run.validation or run.tests or run.results
        return record_of([run])["runs"] if is_run else []
    content = read_json(report)
    if not isinstance(content, dict) or not isinstance(content.get("runs"), list):
        raise ValueError(
            f"--report {report} holds no 'runs': write it with iclip report RUN --json {report}"
        )
    return content["runs"]


def _list_files(folder: Path) -> None:
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        print(f"{file.relative_to(folder).as_posix():<32}{file.stat().st_size / 1e6:>10,.2f} MB")


def _say(folder: Path, card: "Card", libraries: "LibraryFiles") -> None:
    _list_files(folder)
    print(f"model card: {counted(len(card.figures), 'figure')}, license {card.license}")
    for sentence in card.left_out:
        print(f"not in the card: {sentence}")
    for library, why in libraries.reasons.items():
        print(f"{library} cannot load it: {why}")
