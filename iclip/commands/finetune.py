"""Fine-tune on a data set of your own: detection, segmentation, video or classification.

    iclip finetune detection --data my_boxes --checkpoint work_dirs/iclip_swinb/latest.pth
    iclip finetune segmentation --data my_masks --epochs 50 --device cpu
    iclip finetune video --data my_clips --gpus 4
    iclip finetune classification --data my_classes --checkpoint work_dirs/quickstart/latest.pth
    iclip finetune detection --data my_boxes --checkpoint CKPT --classifier text

The data are recognized: COCO, LVIS, YOLO and Pascal VOC; images with masks; clips or images in a
folder per class or in a list. What was recognized is printed, and each setting that follows from
it, with its reason. The run's folder then holds config.py, a few lines over a recipe, which can be
edited and trained again with `iclip train`; pictures of validation predictions; best.pth, the best
checkpoint; metrics, and report.html.

SIGTERM and SIGUSR1 end the training after its step, with exit code 75: the same command with
--resume goes on, as it does after a kill.
"""

import argparse
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from iclip.commands.command_line import CommandFailed
from iclip.commands.finetune_forecast import forecast
from iclip.commands.options import local_path
from iclip.commands.planned_finetuning import lost_options, plan_finetuning, recognized_data
from iclip.commands.scripts import program_of
from iclip.finetune.asked import CLASSIFIERS, MODELS, Asked
from iclip.finetune.run_folder import (
    CONFIG_FILE,
    DATA_FOLDER,
    began_with,
    check_free,
    default_folder,
    is_prepared,
    preparing,
)
from iclip.finetune.tasks import TASK_NAMES, task_named
from iclip.messages import listing, printable
from iclip.stop_signals import EXIT_TO_BE_CONTINUED, RunStopped

if TYPE_CHECKING:
    from iclip.commands.train import ReadyRun

# SIGTERM and SIGUSR1 are notices from the first import on.
STOPS_ON_NOTICE = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("task", choices=TASK_NAMES)
    parser.add_argument("--data", type=local_path, required=True, metavar="DIR")
    parser.add_argument("--format", help="the data's format, where several could be meant")
    parser.add_argument(
        "--out", type=local_path, metavar="W",
        help="the run's folder, which must not exist (default: work_dirs/finetune_TASK_DIR)",
    )  # fmt: skip
    parser.add_argument(
        "--checkpoint", metavar="FILE",
        help="the backbone's weights, in any layout that the hub reads (default: random ones)",
    )  # fmt: skip
    parser.add_argument("--model", choices=tuple(MODELS), help="default: the checkpoint's")
    parser.add_argument("--epochs", type=int, metavar="N", help="passes over the training part")
    parser.add_argument("--image-size", type=int, metavar="N", help="side in pixels")
    parser.add_argument("--batch-size", type=int, metavar="N", help="samples of each process")
    parser.add_argument(
        "--freeze", type=int, metavar="N", help="keep the stem and the first N stages as they are"
    )
    parser.add_argument(
        "--layer-decay", type=float, metavar="F",
        help="learning rate of each layer as a share of the next one's, e.g. 0.8",
    )  # fmt: skip
    parser.add_argument("--gpus", metavar="N", help="processes on this machine, or 'all' GPUs")
    parser.add_argument("--device", choices=("cuda", "cpu"), help="the GPUs, if there are any")
    parser.add_argument("--seed", type=int, help="default: 0")
    parser.add_argument(
        "--classifier", choices=CLASSIFIERS,
        help="text: compare with what the checkpoint's text tower makes of the classes' names and "
        "descriptions; the model then takes other classes, too (default: linear)",
    )  # fmt: skip
    parser.add_argument(
        "--class-texts", metavar="FILE",
        help="a table of class texts, as iclip build-class-texts writes it, for --classifier text, "
        "and for zero-shot beside a fine-tuned classification (default: names, and WordNet)",
    )  # fmt: skip
    parser.add_argument(
        "--allow-unseen-classes", action="store_true",
        help="let validation have classes that training lacks; nothing is learned of them",
    )  # fmt: skip
    parser.add_argument("--resume", action="store_true", help="continue the run in --out")
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be trained, and write nothing"
    )
    parser.add_argument(
        "--plan", action="store_true",
        help="say what would be trained, and what memory and time it needs, which is computed in "
        "about a minute; write nothing",
    )  # fmt: skip
    parser.add_argument(
        "--cfg-options", nargs="+", default=(), metavar="KEY=VALUE",
        help="change settings of the config, e.g. optim_wrapper.optimizer.lr=1e-4",
    )  # fmt: skip


def run(args: argparse.Namespace) -> None:
    """Prepare a run or continue one, train it, and say what came of it."""
    asked, out = _asked(args)
    if args.dry_run:
        plan = plan_finetuning(asked)
        print(f"\n{out / CONFIG_FILE} would be:\n\n{plan.config}")
        return
    if args.plan:
        print("\n" + "\n".join(forecast(plan_finetuning(asked), asked)))
        return
    if args.resume:
        asked = began_with(out).continued_by(asked)
    else:
        check_free(out)
    continues = args.resume and is_prepared(out)
    ready = _continued(asked, out) if continues else _prepared(asked, out)
    _train(ready, _training(asked, out, resume=continues))
    _close(asked, out)


def _asked(args: argparse.Namespace) -> tuple[Asked, Path]:
    """Return what the options say, and the run's folder."""
    out = args.out or default_folder(args.task, args.data)
    options = {entry.name: getattr(args, entry.name) for entry in fields(Asked)}
    options |= dict(data=str(args.data), out=str(out), cfg_options=tuple(args.cfg_options))
    return Asked(**options), out


def _continued(asked: Asked, out: Path) -> "ReadyRun":
    """Check the run in a folder, to go on with it."""
    from iclip.commands import train

    print(f"Continuing {out}")
    lost = lost_options(asked, out / CONFIG_FILE)
    if lost:
        again = ["iclip", "train", str(out / CONFIG_FILE), "--work-dir", str(out), "--resume"]
        told = shlex.join([*again, "--cfg-options", *asked.cfg_options])
        print(
            f"WARNING: the run began with --cfg-options, and {out / CONFIG_FILE} does not have "
            f"{listing(lost, 3)} as it was: it was edited, or an earlier version wrote it, which "
            f"left that out. The training goes on as the file says; with the options goes on\n"
            f"  {told}"
        )
    return train.check(_training(asked, out, resume=True))


def _prepared(asked: Asked, out: Path) -> "ReadyRun":
    """Write a new run and check it; an error leaves nothing of it."""
    from iclip.commands import train
    from iclip.files.atomic import write_atomically
    from iclip.finetune.class_words import TABLE
    from iclip.text.class_texts import write_class_texts

    plan = plan_finetuning(asked)
    with preparing(out, asked, print):
        plan.task.prepare(plan.data, out / DATA_FOLDER)
        words = plan.choice.words
        if words is not None:
            write_class_texts(out / DATA_FOLDER / TABLE, words.texts)
        write_atomically(out / CONFIG_FILE, plan.config)
        ready = train.check(_training(asked, out))
    print(f"\nThe config: {out / CONFIG_FILE} (--plan says what memory and time it needs)\n")
    return ready


def _training(asked: Asked, out: Path, resume: bool = False) -> argparse.Namespace:
    """Return the options of ``iclip train`` for a run's folder."""
    from iclip.commands import train
    from iclip.commands.command_line import parse

    arguments = [str(out / CONFIG_FILE), "--work-dir", str(out), *(["--resume"] if resume else [])]
    for option, value in (("gpus", asked.gpus), ("device", asked.device)):
        arguments += [] if value is None else [f"--{option}", str(value)]
    return parse(train, arguments)


def _train(ready: "ReadyRun", training: argparse.Namespace) -> None:
    """Train in this process, or in several, for whose end this one waits."""
    from iclip.commands import train
    from iclip.engine.start.launch import needs_torchrun

    if needs_torchrun(ready.cfg, ready.launch):
        train_in_processes(training.arguments)
    else:
        train.start(ready, training)


def train_in_processes(arguments: Sequence[str]) -> None:
    """Run ``iclip train`` in a process of its own, which becomes torchrun, and pass on a notice.

    Args:
        arguments: Its arguments.

    Raises:
        RunStopped: The training has stopped on notice, and can go on.
        CommandFailed: It failed; it has said why.
    """
    process = subprocess.Popen([sys.executable, *program_of("train"), *arguments])
    try:
        code = process.wait()
    except RunStopped:
        process.send_signal(signal.SIGTERM)
        code = process.wait()
    except KeyboardInterrupt:
        process.wait()  # the terminal has interrupted it, too
        raise
    if code == EXIT_TO_BE_CONTINUED:
        raise RunStopped(
            "the training stopped; the same command with --resume goes on", agreed=True
        )
    if code:
        raise CommandFailed(f"the training ended with exit code {code}; what it said stands above")


def _close(asked: Asked, out: Path) -> None:
    """Print the figures, write the report, and name the next commands."""
    from iclip.checkpoints.model_files import BEST
    from iclip.files.atomic import write_atomically
    from iclip.finetune.closing import closing_figures, next_commands
    from iclip.report.page import build_report
    from iclip.report.render import to_html

    print("\n" + "\n".join(closing_figures(out)))
    more = task_named(asked.task).closing
    if more is not None:
        print("\n" + "\n".join(more(out, recognized_data(asked), asked)))
    write_atomically(out / "report.html", to_html(build_report([out])))
    print(f"\nThe model: {printable(str(out / BEST))}")
    print(f"Validation in pictures: {printable(str(out / 'pictures'))}")
    print(f"The report: {printable(str(out / 'report.html'))}\n\nNext:")
    for command in next_commands(out, asked.data):
        print(f"  {command}")
