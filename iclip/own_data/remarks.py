"""What a reader of users' files has to say: what it left out, and what it decided."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from iclip.data_summary import Omission, omissions
from iclip.files.images import LeftOut
from iclip.messages import printable

# Share of the things of one kind that may be left out for the same reason. A few are slips of the
# annotation, many mean that the files are written in another way than they are read.
MAX_SHARE_LEFT_OUT = 0.1


@dataclass
class Remarks:
    """Collect what was left out, counted by kind, and sentences about what was decided.

    Attributes:
        place: The data set, which an error names.
        left_out: Counts and examples by kind.
        notes: One sentence each.
    """

    place: str
    left_out: LeftOut = field(default_factory=LeftOut)
    notes: list[str] = field(default_factory=list)

    def leave_out(self, what: str, examples: Sequence[str], total: int = 0, hint: str = "") -> None:
        """Count things that are left out.

        Args:
            what: Their kind, in the plural.
            examples: A name for each of them.
            total: How many there are with those that are kept; 0 if their number does not matter.
            hint: What the reason may be, or what to do.

        Raises:
            ValueError: They are more than a tenth of ``total``, and more than one.
        """
        self._check_share(what, examples, total, hint)
        for example in examples:
            self.left_out.add(printable(example), what)

    def change(self, what: str, examples: Sequence[str], how: str, total: int, hint: str) -> None:
        """Note things that are kept, but not as they are written.

        Args:
            what: Their kind, in the plural.
            examples: A name for each of them.
            how: What was done to them.
            total: How many there are with those that stay as they are.
            hint: What the reason may be, or what to do.

        Raises:
            ValueError: They are more than a tenth of ``total``, and more than one.
        """
        self._check_share(what, examples, total, hint)
        if examples:
            self.notes.append(f"{Omission(what, len(examples), examples[0])}: {how}")

    def note(self, sentence: str) -> None:
        """Add a sentence once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def omissions(self) -> tuple[Omission, ...]:
        """Return what was left out, the most frequent kind first."""
        return omissions(self.left_out)

    def _check_share(self, what: str, examples: Sequence[str], total: int, hint: str) -> None:
        if total and len(examples) > max(1, MAX_SHARE_LEFT_OUT * total):
            raise ValueError(
                f"{printable(self.place)}: {Omission(what, len(examples), examples[0])}, "
                f"more than {MAX_SHARE_LEFT_OUT:.0%} of {total:,}; {hint}"
            )
