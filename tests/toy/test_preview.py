from pathlib import Path

import numpy as np
from PIL import Image


def test_preview_shows_a_picture_for_every_category(tiny_root: Path) -> None:
    sheet = np.asarray(Image.open(tiny_root / "preview.png")).astype(int)
    assert sheet.shape[2] == 3
    for row in range(12):
        for column in range(6):
            cell = sheet[66 + row * 116 :, 120 + column * 104 :][:88, :88]
            assert cell.std() > 10 and (cell < 250).mean() > 0.6
