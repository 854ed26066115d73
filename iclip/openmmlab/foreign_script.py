"""Run a script of others as Python itself would, after the hub has mended the frameworks.

A process that multiprocessing starts anew, by the methods ``spawn`` and ``forkserver``, runs the
main module again, so that what it defines can be unpickled. The module ``__main__`` made here gives
this module's name as its own: the new process runs this module, hence imports
:mod:`iclip.openmmlab` first, and then the script, whose path is in an environment variable.
"""

import os
import runpy
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType

NAME = "iclip.openmmlab.foreign_script"
SCRIPT_VARIABLE = "ICLIP_FOREIGN_SCRIPT"


def run_script(script: str, arguments: Sequence[str]) -> None:
    """Run a script in the place of this process's main module.

    Args:
        script: A Python file.
        arguments: The script's arguments.

    Raises:
        OSError: It cannot be read.
        SystemExit: The script ends with this code. Its other errors pass through as well.
    """
    path = os.path.abspath(script)
    code = compile(Path(path).read_bytes(), path, "exec", dont_inherit=True)
    main = ModuleType("__main__")
    main.__file__ = path
    main.__loader__ = SourceFileLoader("__main__", path)
    main.__spec__ = ModuleSpec(NAME, loader=None, origin=path)
    own_main, sys.modules["__main__"] = sys.modules["__main__"], main
    os.environ[SCRIPT_VARIABLE] = path
    sys.argv = [script, *arguments]
    if not getattr(sys.flags, "safe_path", False):  # since Python 3.11
        # `python -m` has put the working directory there, and `python SCRIPT` its folder.
        sys.path[0] = str(Path(path).resolve().parent)
    exec(code, main.__dict__)
    del own_main  # was kept: the interpreter empties a module that nothing refers to


if __name__ == "__mp_main__":
    globals().update(runpy.run_path(os.environ[SCRIPT_VARIABLE], run_name=__name__))
