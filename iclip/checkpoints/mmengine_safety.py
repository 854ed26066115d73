"""Keep what mmengine and the frameworks on it read as safe as what the hub reads."""

import os
from typing import IO, Any, NoReturn

import yaml
from mmengine.fileio import PickleHandler, YamlHandler, register_handler

# torch's own switches: what is set here decides over any argument of ``torch.load``.
_ONLY_WEIGHTS = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"
_ANYTHING = "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"


class RefusedPickle(PickleHandler):
    """Writes pickles, as mmengine's handler does, and reads none."""

    def load_from_fileobj(self, file: IO[bytes], **_: Any) -> NoReturn:
        """Refuse to read.

        Raises:
            ValueError: Always.
        """
        # mmengine hands over the content, without the file's name.
        raise ValueError(
            "the config names a file of annotations or proposals (.pkl, .pickle) that is a pickle, "
            "and reading it could run code. Where you trust it, load it with Python's pickle, save "
            "its content as JSON, and name that file"
        )


class PlainYaml(YamlHandler):
    """Reads plain values; mmengine's handler calls the functions that a file names."""

    def load_from_fileobj(self, file: IO[str], **_: Any) -> Any:
        """Read a file.

        Raises:
            ValueError: It is not YAML, or names a function or a class.
        """
        try:
            return yaml.safe_load(file)
        except (yaml.YAMLError, RecursionError) as error:
            raise ValueError(f"a YAML file does not hold plain values alone: {error}") from error


def keep_mmengine_safe() -> bool:
    """Make every ``torch.load`` of this process safe, and mmengine's reading of other files.

    mmengine downloads weights (``load_from``, ``init_cfg=dict(type='Pretrained', ...)``) with a
    function of torch's that runs the code in them, and the maintained fork onedl-mmengine reads any
    file that safe loading refuses once more without safety. Its ``load``, which reads annotations,
    takes pickles and YAML files that call functions.

    Returns:
        True: every release of mmengine needs it.
    """
    os.environ[_ONLY_WEIGHTS] = "1"
    os.environ.pop(_ANYTHING, None)  # torch accepts one of the two
    register_handler(["pkl", "pickle"])(RefusedPickle)
    register_handler(["yaml", "yml"])(PlainYaml)
    return True


# On import, so that it comes before any loading.
keep_mmengine_safe()
