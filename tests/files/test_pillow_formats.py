"""No reader of Pillow starts a program once the module is imported."""

import io
import re
from pathlib import Path

import PIL
import pytest
from PIL import EpsImagePlugin, Image, UnidentifiedImageError

from iclip.files.pillow_formats import RUN_AS_PROGRAMS, leave_out_programs
from tests.hostile.bombs import POSTSCRIPT

STARTS_A_PROGRAM = re.compile(r"subprocess|os\.system|popen|ctypes")
# Readers whose source names one, and where; what is not EPS is not met by reading.
KNOWN = {
    "EpsImagePlugin.py": "Ghostscript",
    "GifImagePlugin.py": "_save_netpbm, which nothing calls",
    "JpegImagePlugin.py": "load_djpeg, which nothing calls",
}


def test_every_reader_that_could_start_a_program_is_known():
    sources = Path(PIL.__file__).parent.glob("*Plugin.py")
    found = {path.name for path in sources if STARTS_A_PROGRAM.search(path.read_text())}
    assert "EpsImagePlugin.py" in found
    assert found <= set(KNOWN)


def test_postscript_is_not_an_image():
    with pytest.raises(UnidentifiedImageError):
        Image.open(io.BytesIO(POSTSCRIPT))


def test_reader_that_comes_back_is_taken_out_again():
    Image.register_open("EPS", EpsImagePlugin.EpsImageFile, lambda start: start[:4] == b"%!PS")
    assert Image.open(io.BytesIO(POSTSCRIPT)).format == "EPS"
    assert leave_out_programs()
    assert not leave_out_programs()
    assert not set(RUN_AS_PROGRAMS) & {*Image.OPEN, *Image.ID}
