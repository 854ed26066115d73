"""WordNet 3.0 fetched into the layout that NLTK reads, without root's rights.

NLTK's downloader is tried first. Where its server cannot be reached, Debian's packages are
unpacked; they lack the file ``lexnames``, which this module writes.
"""

import shutil
import subprocess
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from iclip.text.sources.wordnet import WORDNET_ENV, WordNet, default_directory, download_archive

DEBIAN_PACKAGES = ("wordnet-base", "wordnet-sense-index")
_APT_OPTIONS = (
    "-qq",
    "-oAcquire::Retries=1",
    "-oAcquire::http::Timeout=20",  # seconds
    "-oAcquire::https::Timeout=20",
    # Matters for root only: apt's own user could not write to the staging folder.
    "-oAPT::Sandbox::User=root",
)

# The 45 lexicographer files in the order of their numbers (lexnames(5WN)).
_LEXICOGRAPHER_FILES = """
adj.all adj.pert adv.all
noun.Tops noun.act noun.animal noun.artifact noun.attribute noun.body noun.cognition
noun.communication noun.event noun.feeling noun.food noun.group noun.location noun.motive
noun.object noun.person noun.phenomenon noun.plant noun.possession noun.process noun.quantity
noun.relation noun.shape noun.state noun.substance noun.time
verb.body verb.change verb.cognition verb.communication verb.competition verb.consumption
verb.contact verb.creation verb.emotion verb.motion verb.perception verb.possession verb.social
verb.stative verb.weather
adj.ppl
"""
_PARTS_OF_SPEECH = {"noun": 1, "verb": 2, "adj": 3, "adv": 4}

# The files that NLTK's reader opens, apart from `lexnames`.
_REQUIRED_FILES = (
    *(f"{kind}.{pos}" for kind in ("data", "index") for pos in _PARTS_OF_SPEECH),
    *(f"{pos}.exc" for pos in _PARTS_OF_SPEECH),
    "index.sense",
    "cntlist.rev",
)

# Bytes; WordNet 3.0 has 37 million.
_LARGEST_UNPACKED = 1_000_000_000

# Set explicitly: under umask 002, a group could write to the files, and NLTK refuses such data.
_FOLDER_MODE, _FILE_MODE = 0o755, 0o644


def lexnames() -> str:
    """Compose the content of ``lexnames``: number, name and part of speech, separated by tabs."""
    return "".join(
        f"{number:02d}\t{name}\t{_PARTS_OF_SPEECH[name.partition('.')[0]]}\n"
        for number, name in enumerate(_LEXICOGRAPHER_FILES.split())
    )


def fetch_wordnet(directory: Path | None = None, report: Callable[[str], None] = print) -> WordNet:
    """Fetch WordNet 3.0 unless it is there, and open it.

    Args:
        directory: Folder to put ``corpora/wordnet`` in. By default, a WordNet that NLTK finds by
            itself is used, and `default_directory` is filled if there is none.
        report: Takes a line about each step.

    Raises:
        RuntimeError: No source could be reached; the message lists what was tried.
        FileExistsError: The folder has something else under that name.
    """
    try:
        wordnet = WordNet(directory)
    except (FileNotFoundError, ValueError) as problem:
        directory = directory or default_directory()
        corpus = directory / "corpora" / "wordnet"
        if corpus.exists():
            raise FileExistsError(
                f"{corpus} exists and cannot be used: {problem}. Move it away and run this again"
            ) from problem
        _install(corpus, report)
        wordnet = WordNet(directory)
    report(f"WordNet 3.0 is in {wordnet.location}")
    return wordnet


def _install(corpus: Path, report: Callable[[str], None]) -> None:
    """Fetch WordNet into a folder that does not exist yet; it appears complete or not at all."""
    for folder in (corpus.parent.parent, corpus.parent):
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(_FOLDER_MODE)
    # Beside its destination, because a rename is atomic within one file system only.
    with tempfile.TemporaryDirectory(prefix=".wordnet-", dir=corpus.parent) as name:
        staging = Path(name)
        ready = staging / "ready"
        _copy_corpus(_obtain(staging, report), ready)
        ready.rename(corpus)


def _obtain(staging: Path, report: Callable[[str], None]) -> Path:
    """Fetch from the first source that can be reached, and return the folder of the files."""
    sources = {
        "NLTK's downloader": _from_nltk,
        f"Debian's packages {' and '.join(DEBIAN_PACKAGES)}": _from_debian,
    }
    failures = []
    for title, source in sources.items():
        report(f"trying {title}")
        try:
            return source(staging)
        except OSError as error:
            failures.append(f"{title}: {error}")
            report(f"  not available: {error}")
    raise RuntimeError(
        "WordNet could not be fetched.\n"
        + "".join(f"  {failure}\n" for failure in failures)
        + "On a machine with internet, run `python tools/fetch_wordnet.py --dir DIR`, copy DIR to "
        f"this one, and set {WORDNET_ENV} to where it is"
    )


def _from_nltk(staging: Path) -> Path:
    downloaded = download_archive(staging)
    try:
        with zipfile.ZipFile(downloaded) as archive:
            size = sum(member.file_size for member in archive.infolist())
            if size > _LARGEST_UNPACKED:
                raise OSError(f"NLTK's server gave a zip file of {size:,} bytes, unpacked")
            archive.extractall(staging / "nltk")  # leaves ".." out of names, and makes no links
    # A damaged zip file raises errors of several types; the next source is tried.
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, ValueError) as error:
        raise OSError(f"NLTK's server did not give a zip file ({error})") from error
    return staging / "nltk" / "wordnet"


def _from_debian(staging: Path) -> Path:
    """Download and unpack Debian's packages, for which no rights of root are needed."""
    for program in ("apt-get", "dpkg-deb"):
        if shutil.which(program) is None:
            raise OSError(f"there is no `{program}` here")
    try:
        _run("apt-get", *_APT_OPTIONS, "download", *DEBIAN_PACKAGES, cwd=staging)
    except OSError:
        # The machine's package lists may be empty, and only root may fill them.
        own_lists = [f"-oDir::State::lists={staging}/lists", f"-oDir::Cache={staging}/cache"]
        for folder in ("lists/partial", "cache/archives/partial"):
            (staging / folder).mkdir(parents=True)
        _run("apt-get", *_APT_OPTIONS, *own_lists, "update", cwd=staging)
        _run("apt-get", *_APT_OPTIONS, *own_lists, "download", *DEBIAN_PACKAGES, cwd=staging)
    for package in staging.glob("*.deb"):
        _run("dpkg-deb", "-x", str(package), str(staging / "debian"), cwd=staging)
    return staging / "debian" / "usr" / "share" / "wordnet"


def _run(*command: str, cwd: Path) -> None:
    try:
        subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired as error:
        raise OSError(f"`{command[0]}` did not end within {error.timeout:.0f} s") from error
    except subprocess.CalledProcessError as error:
        reason = " ".join(error.stderr.split()) or f"exit status {error.returncode}"
        raise OSError(f"`{command[0]}` failed: {reason}") from error


def _copy_corpus(source: Path, target: Path) -> None:
    """Copy WordNet's files, if they are complete, and add ``lexnames`` where it is missing."""
    missing = [name for name in _REQUIRED_FILES if not (source / name).is_file()]
    if missing:
        raise RuntimeError(f"what was fetched lacks WordNet's files {', '.join(missing)}")
    # A link would copy a file of this machine.
    odd = [file.name for file in source.iterdir() if file.is_symlink() or not file.is_file()]
    if odd:
        raise RuntimeError(f"what was fetched holds more than files: {', '.join(sorted(odd))}")
    target.mkdir()
    for file in source.iterdir():
        shutil.copyfile(file, target / file.name)
    if not (target / "lexnames").exists():
        (target / "lexnames").write_text(lexnames(), encoding="ascii")
    target.chmod(_FOLDER_MODE)
    for file in target.iterdir():
        file.chmod(_FILE_MODE)
