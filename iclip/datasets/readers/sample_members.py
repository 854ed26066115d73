"""Which members of a tar belong together.

By webdataset's rule, the name up to the first dot is the sample's key, and the rest says what the
member is: ``0.jpg`` and ``0.txt`` are a pair, and ``0.seg.png`` is another member of that sample.
Keys with dots (``img_v1.3_07.jpg``) break the rule. Where it finds neither an image nor a text,
members that share their name up to the *last* dot are a pair. What is not read is counted by kind.
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from iclip.data_summary import Omission, merged
from iclip.datasets.readers.tar_members import Member
from iclip.files.images import IMAGE_EXTENSIONS, is_image_name

WITHOUT_IMAGE = "texts without an image"
_DIGITS = re.compile(r"\d+")
# What follows the last dot of a name is taken for part of the name, not for an extension, if it has
# more characters than this or a blank.
_LONGEST_EXTENSION = 12


@dataclass(frozen=True)
class SampleNames:
    """How the members of a sample are named.

    Args:
        text: Extension of the texts; None for images without texts.
        image: Extension of the images; None for any image extension.

    Raises:
        ValueError: An extension is empty.
    """

    text: str | None
    image: str | None = None

    def __post_init__(self) -> None:
        for name in ("text", "image"):
            extension = getattr(self, name)
            if extension is None:
                continue
            plain = extension.lower().removeprefix(".")
            if not plain:
                raise ValueError(
                    f"{name}_extension={extension!r}: give an extension such as 'txt' or 'jpg'"
                )
            object.__setattr__(self, name, plain)  # the way to set a field of a frozen dataclass

    @property
    def image_extensions(self) -> Container[str]:
        """Extensions of images."""
        return (self.image,) if self.image else IMAGE_EXTENSIONS

    def image_key(self, name: str) -> str | None:
        """Return an image's name up to the last dot; None if it is not an image's name."""
        return _key(name, self.image) if self.image else _image_key(name)

    def text_key(self, name: str) -> str | None:
        """Return a text's name up to the last dot; None if it is not a text's name."""
        return _key(name, self.text) if self.text else None


@dataclass
class SampleMembers:
    """The members of one tar, sorted.

    Attributes:
        pairs: Image and text of each sample, in the order of the images in the tar.
        without_text: Images whose text is absent or empty.
        left_out: What else was not read.
    """

    pairs: list[tuple[Member, Member]] = field(default_factory=list)
    without_text: list[Member] = field(default_factory=list)
    left_out: tuple[Omission, ...] = ()


def image_members(members: Iterable[Member]) -> tuple[list[Member], tuple[Omission, ...]]:
    """Take all images of a tar, and say what else is in it."""
    images: list[Member] = []
    others: list[Member] = []
    for member in members:
        (images if is_image_name(member.name) else others).append(member)
    return images, _by_kind(others)


def pair_members(members: Sequence[Member], names: SampleNames, tar: str) -> SampleMembers:
    """Find the image-text pairs of a tar.

    Args:
        members: All members.
        names: How they are named.
        tar: The tar's path, for messages.

    Raises:
        ValueError: A sample has two images or two texts.
    """
    images, texts, others = _by_first_dot(members, names, tar)
    more_images: dict[str, Member] = {}
    more_texts: dict[str, Member] = {}
    left_over: list[Member] = []
    for first_key, member in others:
        known = first_key in images or first_key in texts
        image_key, text_key = names.image_key(member.name), names.text_key(member.name)
        if image_key is not None and first_key not in images:
            # Even if there is a text under the first-dot key: pairing the two would be a guess.
            _put(more_images, image_key, member, tar)
        elif text_key is not None and not known:
            _put(more_texts, text_key, member, tar)
        else:
            left_over.append(member)
    return _joined([(images, texts), (more_images, more_texts)], left_over)


def member_kind(name: str) -> str:
    """Name a member's kind: ``.json``, ``.input.jpg``, ``hidden``; digits become ``#``."""
    stem, _, extension = name.rpartition("/")[2].partition(".")
    return _kind_of(extension.lower()) if stem else "hidden"


@lru_cache(maxsize=1024)
def _kind_of(extension: str) -> str:
    first, _, last = extension.rpartition(".")
    if not last or len(last) > _LONGEST_EXTENSION or " " in last:
        return "extensionless"
    kind = f".{_DIGITS.sub('#', first)}.{last}" if first else f".{last}"
    return kind if len(kind) <= 2 * _LONGEST_EXTENSION else f".{last}"


def _by_first_dot(
    members: Iterable[Member], names: SampleNames, tar: str
) -> tuple[dict[str, Member], dict[str, Member], list[tuple[str, Member]]]:
    """Sort members by webdataset's rule: images and texts by key, and the others with their key."""
    images: dict[str, Member] = {}
    texts: dict[str, Member] = {}
    others = []
    # Looked up once: there are millions of members.
    image_extensions, text_extension = names.image_extensions, names.text
    for member in members:
        folder, slash, base = member.name.rpartition("/")
        stem, _, extension = base.partition(".")
        extension = extension.lower()
        if not stem:  # a hidden file
            others.append(("", member))
        elif extension == text_extension:
            _put(texts, folder + slash + stem, member, tar)
        elif extension in image_extensions:
            _put(images, folder + slash + stem, member, tar)
        else:
            others.append((folder + slash + stem, member))
    return images, texts, others


def _joined(
    rules: Sequence[tuple[dict[str, Member], dict[str, Member]]], left_over: Iterable[Member]
) -> SampleMembers:
    """Join the images and texts that each rule found under the same key."""
    found = SampleMembers()
    alone: list[str] = []
    for images, texts in rules:
        for key, image in images.items():
            if key in texts and texts[key].size > 0:
                found.pairs.append((image, texts[key]))
            else:
                found.without_text.append(image)
        alone += [text.name for key, text in texts.items() if key not in images]
    found.pairs.sort(key=lambda pair: pair[0].offset)
    found.left_out = _by_kind(left_over)
    if alone:
        found.left_out += (Omission(WITHOUT_IMAGE, len(alone), alone[0]),)
    return found


def _put(members: dict[str, Member], key: str, member: Member, tar: str) -> None:
    """Add a member under its key, which must be new."""
    if key in members:
        raise ValueError(
            f"{tar}: the sample {key!r} is there twice ({members[key].name}, {member.name}); the "
            "shard is damaged, write or download it again"
        )
    members[key] = member


def _by_kind(members: Iterable[Member]) -> tuple[Omission, ...]:
    """Count members by their kind, each with an example."""
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for member in members:
        kind = member_kind(member.name)
        counts[kind] += 1
        examples.setdefault(kind, member.name)
    return merged(
        Omission(f"{kind} members", count, examples[kind]) for kind, count in counts.items()
    )


def _key(name: str, extension: str) -> str | None:
    """Return a name without its extension; None if it has another one or is hidden."""
    base = name.rpartition("/")[2]
    fits = not base.startswith(".") and base.lower().endswith(f".{extension}")
    return name[: -len(extension) - 1] if fits else None


def _image_key(name: str) -> str | None:
    return name.rpartition(".")[0] if is_image_name(name) else None
