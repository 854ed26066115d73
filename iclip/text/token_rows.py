"""Token ids of texts of different lengths, one text after the other, without padding."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from iclip.text.tokenizer_protocol import TokenIds


@dataclass(frozen=True)
class TokenRows:
    """The token ids of T texts.

    ::

        ids      [ 5 6 7 | 5 7 | 5 6 6 7 ]
        lengths  [ 3       2     4 ]

    Attributes:
        ids: Ids of all texts, (tokens,), of any integer type.
        lengths: Number of ids of each text, (T,) int64; 1 or more each.
    """

    ids: npt.NDArray[np.integer]
    lengths: npt.NDArray[np.int64]

    @classmethod
    def from_padded(cls, token_ids: TokenIds, pad_id: int) -> "TokenRows":
        """Take the texts out of a padded array (T, L); a row of nothing but padding keeps one id.

        Padding is what follows the last other id of a row: ``pad_id`` may also occur in a text.
        """
        rows, width = token_ids.shape
        used = token_ids != pad_id
        # The last column that holds more than padding, found as the first from behind.
        behind = np.argmax(used[:, ::-1], axis=1) if width else np.zeros(rows, dtype=np.int64)
        lengths = np.where(used.any(axis=1), width - behind, 1)
        return cls(token_ids[np.arange(width) < lengths[:, None]], lengths)

    def __len__(self) -> int:
        """Return the number of texts T."""
        return len(self.lengths)

    def padded(self, pad_id: int, width: int | None = None) -> TokenIds:
        """Return the texts as rows of an array, (T, L) int64.

        Args:
            pad_id: Fills a row behind its text.
            width: L, not below the longest text; None: as long as the longest text.
        """
        width = int(self.lengths.max(initial=1)) if width is None else width
        rows = np.full((len(self), width), pad_id, dtype=np.int64)
        rows[np.arange(width) < self.lengths[:, None]] = self.ids
        return rows

    def take(self, rows: npt.NDArray[np.int64]) -> "TokenRows":
        """Return some of the texts, in the order of ``rows``."""
        starts = np.cumsum(self.lengths) - self.lengths
        lengths = self.lengths[rows]
        return TokenRows(self.ids[runs(starts[rows], lengths)], lengths)


def runs(
    starts: npt.NDArray[np.integer], lengths: npt.NDArray[np.integer]
) -> npt.NDArray[np.int64]:
    """Concatenate ``range(start, start + length)`` of all pairs.

    >>> runs(np.array([7, 2]), np.array([2, 3])).tolist()
    [7, 8, 2, 3, 4]
    """
    places = np.cumsum(lengths, dtype=np.int64) - lengths
    # The difference between a number and its place in the result is constant within a run.
    numbers = np.repeat(starts - places, lengths)
    numbers += np.arange(len(numbers))
    return numbers
