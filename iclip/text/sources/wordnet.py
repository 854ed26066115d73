"""From WordNet ids (``n01440764``) to names and descriptions; the only module that imports NLTK.

ImageNet's ids are a part of speech and a byte offset into the files of WordNet 3.0, so exactly that
version is needed. NLTK reads only below the entries of ``nltk.data.path``, among them
``<virtual environment>/nltk_data``, where ``tools/fetch_wordnet.py`` puts WordNet.
"""

import io
import os
import re
import socket
import sys
import warnings
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any

from iclip.text.class_texts import ClassText

WORDNET_ENV = "ICLIP_WORDNET"
FETCH_COMMAND = "python tools/fetch_wordnet.py"

_WNID = re.compile(r"[nvars]\d{8}")
# Only in WordNet 3.0 is the tench, the first class of ImageNet-1K, at this offset.
_PROBE_WNID, _PROBE_NAME = "n01440764", "tench"


class WordNet:
    """WordNet 3.0, looked up by wnid.

    Args:
        directory: Folder that holds ``corpora/wordnet`` (or ``corpora/wordnet.zip``). Default: the
            environment variable ``ICLIP_WORDNET`` if it is set, else every place NLTK searches.

    Raises:
        FileNotFoundError: There is no WordNet, or NLTK refuses to read it.
        ValueError: It is damaged, or another version than 3.0.
    """

    def __init__(self, directory: str | os.PathLike[str] | None = None):
        chosen = directory or os.environ.get(WORDNET_ENV)
        self._reader = _open_reader(Path(chosen).expanduser() if chosen else None)
        probe = self.find(_PROBE_WNID)
        if probe is None or probe.names[0] != _PROBE_NAME:
            raise ValueError(
                f"the WordNet in {self.location} is not version 3.0: {_PROBE_WNID} is not the "
                f"{_PROBE_NAME}. ImageNet's ids are offsets into version 3.0. Get it with "
                f"`{FETCH_COMMAND} --dir DIR` and set {WORDNET_ENV}=DIR"
            )

    @property
    def location(self) -> str:
        """Path of the folder or zip file that is read."""
        root = self._reader.root  # NLTK's pointer, which has a path for a folder only
        return root.path if hasattr(root, "path") else root.zipfile.filename

    def find(self, wnid: str) -> ClassText | None:
        """Name and describe a synset.

        Args:
            wnid: Part of speech and eight digits, ``n01440764``.

        Returns:
            The lemmas in WordNet's order with blanks for underscores, and the definition without
            its examples; None if WordNet 3.0 has no such id.
        """
        if not _WNID.fullmatch(wnid):
            return None
        with warnings.catch_warnings():  # NLTK warns of an unknown id, and returns None.
            warnings.simplefilter("ignore")
            synset = self._reader.synset_from_pos_and_offset(wnid[0], int(wnid[1:]))
        return None if synset is None else _class_text(wnid, synset)

    def find_name(self, name: str) -> ClassText | None:
        """Describe the first sense of a noun, the most frequent one.

        Args:
            name: A word or several, in the singular or the plural, whatever its case.

        Returns:
            As :meth:`find`; None if WordNet has no such noun.
        """
        senses = self._reader.synsets("_".join(name.casefold().split()), pos="n")
        return _class_text(f"n{senses[0].offset():08d}", senses[0]) if senses else None

    def wnid(self, synset: str) -> str | None:
        """Return the id of a synset by NLTK's name, ``fox.n.01``; None if there is no such one."""
        from nltk.corpus.reader.wordnet import WordNetError

        try:
            found = self._reader.synset(synset)
        except (WordNetError, ValueError):  # the latter: it is not of that form
            return None
        return f"{found.pos()}{found.offset():08d}"


def _class_text(wnid: str, synset: Any) -> ClassText:
    # Without their underscores, some lemmas of a synset are equal.
    names = dict.fromkeys(lemma.replace("_", " ") for lemma in synset.lemma_names())
    return ClassText(wnid, tuple(names), _without_quotations(synset.definition()))


def _without_quotations(definition: str) -> str:
    """Drop what NLTK leaves of some examples: authors, blank parts and single quotation marks."""
    parts = (part.strip() for part in definition.split(";"))
    kept = (part for part in parts if part and not part.startswith(("-", '"')))
    return "; ".join(kept).replace('"', "")


def default_directory() -> Path:
    """Return the folder for WordNet where the user names none.

    It is ``ICLIP_WORDNET`` if that is set, else the active virtual environment's ``nltk_data``,
    else ``~/nltk_data``.
    """
    if os.environ.get(WORDNET_ENV):
        return Path(os.environ[WORDNET_ENV]).expanduser()
    if sys.prefix != sys.base_prefix:
        return Path(sys.prefix) / "nltk_data"
    return Path.home() / "nltk_data"


def download_archive(directory: Path, timeout: float = 10.0) -> Path:
    """Fetch WordNet with NLTK's own downloader.

    Args:
        directory: Existing folder to download to.
        timeout: Longest silence of a network operation, in seconds.

    Returns:
        The zip file, which holds the folder ``wordnet``.

    Raises:
        OSError: NLTK's server cannot be reached, or gives no usable answer.
    """
    from nltk.downloader import Downloader

    previous = socket.getdefaulttimeout()
    socket.setdefaulttimeout(timeout)  # The downloader has no setting for it.
    try:
        with warnings.catch_warnings():  # It warns of folders in a shared /tmp, and reads none.
            warnings.simplefilter("ignore")
            Downloader().download(
                "wordnet",
                download_dir=str(directory),
                quiet=True,
                raise_on_error=True,
                print_error_to=io.StringIO(),
            )
    # SyntaxError: a proxy gives a page instead of the XML list. The others: the connection breaks.
    except (ValueError, SyntaxError, HTTPException) as error:
        raise OSError(f"NLTK's server gave no usable answer ({error})") from error
    finally:
        socket.setdefaulttimeout(previous)
    archive = directory / "corpora" / "wordnet.zip"
    if not archive.is_file():
        raise OSError(f"NLTK's downloader left no {archive.name}")
    return archive


def _open_reader(directory: Path | None) -> Any:
    """Open NLTK's reader of the WordNet in a folder, or wherever NLTK finds one."""
    import nltk.data
    from nltk.corpus.reader.wordnet import WordNetCorpusReader

    class EnglishReader(WordNetCorpusReader):
        def map_wn(self, version: str = "wordnet") -> None:
            """Skip a map that only other languages' WordNets need: most of the loading time."""

    if directory is not None and str(directory) not in nltk.data.path:
        # NLTK reads only below the folders of this list.
        nltk.data.path.append(str(directory))
    places = nltk.data.path if directory is None else [str(directory)]
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always")
        root = _find_corpus(nltk.data.find, places)
        if root is None:
            raise FileNotFoundError(_not_found_message(directory, places, notes))
        try:
            return EnglishReader(root, omw_reader=None)
        except Exception as error:  # Truncated files make NLTK's parser raise errors of any type.
            raise ValueError(
                f"the WordNet in {root} cannot be read ({error}). Move it away and get it again "
                f"with `{FETCH_COMMAND}`"
            ) from error


def _find_corpus(find: Callable[[str, list[str]], Any], places: list[str]) -> Any | None:
    for resource in ("corpora/wordnet", "corpora/wordnet.zip/wordnet/"):
        try:
            return find(resource, places)
        except LookupError:
            continue
    return None


def _not_found_message(
    directory: Path | None, places: list[str], notes: list[warnings.WarningMessage]
) -> str:
    if directory is None:
        problem = f"WordNet was not found. NLTK searched: {', '.join(places)}"
        remedy = f"Get it with `{FETCH_COMMAND}`, or set {WORDNET_ENV} to a folder that holds it"
    else:
        problem = f"there is no readable WordNet in {directory} (expected: corpora/wordnet)"
        remedy = f"Get it with `{FETCH_COMMAND} --dir {directory}`"
    # NLTK skips files that other accounts could have written, and says so in a warning only.
    refusals = dict.fromkeys(
        str(note.message).rstrip(".") for note in notes if "will not read" in str(note.message)
    )
    return ". ".join([problem, *refusals, remedy])
