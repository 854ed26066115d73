"""Pillow without the one format in which a file is a program.

Pillow asks all its readers what a file is, whatever the file's name. The reader of EPS starts
Ghostscript, which runs the PostScript that it finds. Importing this module takes that reader out of
Pillow for the whole process, so that no library that opens images through Pillow meets it either.
"""

from PIL import Image

# No other reader of Pillow starts a program; a test asks the sources of the installed Pillow.
RUN_AS_PROGRAMS = ("EPS",)


def leave_out_programs() -> bool:
    """Remove the readers that start a program.

    Returns:
        Whether Pillow had one. A second call finds none.
    """
    Image.init()  # otherwise, Pillow registers all its readers when it meets the first odd file
    found = [name for name in RUN_AS_PROGRAMS if name in Image.OPEN]
    for name in found:
        Image.ID.remove(name)
        del Image.OPEN[name]
    return bool(found)


leave_out_programs()
