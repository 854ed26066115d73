from itertools import combinations

import numpy as np
import pytest

from iclip.toy.textures import VARIANTS, pattern
from iclip.toy.vocabulary import TEXTURES


@pytest.mark.parametrize(("one", "other"), list(combinations(list(TEXTURES)[1:], 2)))
def test_no_variant_of_a_texture_resembles_another_texture(one: str, other: str) -> None:
    a = np.stack([pattern(one, v, 20) for v in range(VARIANTS)]).reshape(VARIANTS, -1)
    b = np.stack([pattern(other, v, 20) for v in range(VARIANTS)]).reshape(VARIANTS, -1)
    assert np.abs(np.corrcoef(a, b)[:VARIANTS, VARIANTS:]).max() < 0.75


def test_horizontal_stripes_run_along_rows_and_vertical_ones_along_columns() -> None:
    assert np.ptp(pattern("horizontal_stripes", 0, 64), axis=1).max() == 0
    assert np.ptp(pattern("vertical_stripes", 0, 64), axis=0).max() == 0
