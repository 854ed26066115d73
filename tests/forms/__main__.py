"""Try the forms of data sets as a new user does: ``python -m tests.forms [NAME ...]``.

Each form is written with some of the real photos and videos of ICLIP_REAL_DATA. Then the commands
run, one after the other: ``iclip finetune`` for an epoch, ``iclip predict`` with pictures and
another format, ``iclip evaluate``. The table says what was recognized, when the first step was
done, and whether pictures came; seconds of wall time, and of CPU behind them. With --iclip, the
commands are those of an installed wheel; with --forked they do not import torch anew, and take a
third of the time. What each printed lies beside its data; the exit code is 1 if something failed.
"""

import argparse
import os
import sys
from pathlib import Path

from tests.forms.catalog import FORMS, VIDEO, Form
from tests.forms.forked import Forked, import_all
from tests.forms.subjects import Clip, Subject, filmed, photographed, unseen_photos
from tests.forms.trial import Command, Tried, separate, try_form

PER_CLASS, UNSEEN_PER_CLASS = 12, 2
# Of this side, a step takes seconds on a CPU.
SMALL_SIDE = 128
COLUMNS = ("task", "written as", "recognized", "first step", "finetune", "predict", "evaluate",
           "pictures", "beside them")  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.forms",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    known = {form.name: form for form in FORMS}
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    parser.add_argument("--out", type=Path, default=Path("work_dirs/forms"))
    parser.add_argument("--checkpoint", type=Path, help="weights of the backbone; default: random")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cpu")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--iclip", type=Path, help="the command of another environment")
    how.add_argument("--forked", action="store_true", help="import once for all commands")
    args = parser.parse_args()
    unknown = set(args.names) - set(known)
    if unknown:
        parser.error(f"no form {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    real = os.environ.get("ICLIP_REAL_DATA")
    if not real:
        parser.error("ICLIP_REAL_DATA names the folder with imagenet_samples/ and video/")
    start = separate([sys.executable, "-m", "iclip"])
    if args.iclip is not None:  # the package of its environment, not of this checkout
        start = separate(["env", "-u", "PYTHONPATH", str(args.iclip.absolute())])
    if args.forked:
        import_all()
        start = Forked
    options = ["--image-size", str(SMALL_SIDE)]
    if args.checkpoint is not None:
        options += ["--checkpoint", str(args.checkpoint.resolve())]
    world, out = World(Path(real), args.out.resolve()), args.out.resolve()
    print(_row(COLUMNS), _row("---" for _ in COLUMNS), sep="\n", flush=True)
    failed = False
    for form in [known[name] for name in args.names] or FORMS:
        data = out / form.name / "data"
        form.write(data, world.samples(form))
        tried = try_form(form, data, world.inputs(form), start, options, args.device)
        print(_row(cells(tried)), flush=True)
        failed |= bool(tried.failed)
    return int(failed)


class World:
    """The samples that all forms share, made when they are first asked for.

    Args:
        real: The folder of the real photos and videos.
        out: Where clips are written.
    """

    def __init__(self, real: Path, out: Path) -> None:
        self._photos, self._videos, self._out = real / "imagenet_samples", real / "video", out
        self._subjects: list[Subject] = []
        self._clips: list[Clip] = []

    def samples(self, form: Form) -> list[Subject] | list[Clip]:
        """Return what a form is filled with."""
        if form.task == VIDEO:
            self._clips = self._clips or filmed(self._videos, self._out / "clips", PER_CLASS)
            return self._clips
        self._subjects = self._subjects or photographed(self._photos, PER_CLASS)
        return self._subjects

    def inputs(self, form: Form) -> list[Path]:
        """Return what is predicted on."""
        if form.task == VIDEO:
            return [self._videos / "arm_wrestling.mp4", self._videos / "test.avi"]
        return unseen_photos(self._photos, PER_CLASS, UNSEEN_PER_CLASS)


def cells(tried: Tried) -> list[str]:
    """Return the cells of a form's row."""
    first = tried.commands["finetune"].first_step
    return [
        tried.form.task,
        tried.form.writer,
        tried.recognized,
        "-" if first is None else f"{first:.0f}",
        *(_seconds(tried.commands.get(name)) for name in ("finetune", "predict", "evaluate")),
        f"{tried.drawn} of {tried.wanted}, {tried.validated} of validation",
        f"FAILED: {tried.failed}" if tried.failed else tried.written,
    ]


def _seconds(command: Command | None) -> str:
    return "-" if command is None else f"{command.wall:.0f} ({command.cpu:.0f})"


def _row(entries) -> str:
    return f"| {' | '.join(entries)} |"


if __name__ == "__main__":
    sys.exit(main())
