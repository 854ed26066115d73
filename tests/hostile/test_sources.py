"""Every call that could run what it reads is known, with the reason why it does not."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.source_imports import REPO, python_files

# Where: why the call runs nothing that comes from a file.
KNOWN = {
    "iclip/engine/start/config_files.py: Config.fromfile": "a config that the user names is code",
    "iclip/openmmlab/trial_step.py: Config.fromfile": "a config that ships with the hub",
    **dict.fromkeys(
        [f"iclip/openmmlab/foreign_script.py: {name}" for name in ("compile", "exec")],
        "a script that the user names is code",
    ),
    "iclip/openmmlab/foreign_script.py: runpy.run_path": "the same script, in another process",
    "iclip/commands/program.py: importlib.import_module": "a module of the hub",
    "iclip/benchmarks/gpu/transfer_models.py: Config.fromfile": "a config of the checkout",
    "iclip/benchmarks/inputs/made_up.py: Config.fromfile": "a config of the checkout",
    "iclip/benchmarks/inputs/open_loop.py: Config.fromfile": "a config of the checkout",
    "iclip/benchmarks/peers/library_loaders.py: eval": "a line that the hub has just written",
    "iclip/benchmarks/peers/library_loaders.py: Config.fromstring": (
        "a line that the hub has just written"
    ),
    "iclip/benchmarks/harness/catalog.py: importlib.import_module": "a module of the hub",
    "iclip/benchmarks/gpu/parts.py: importlib.import_module": "a module of the hub",
    "iclip/openmmlab/described_models.py: importlib.import_module": (
        "the registries of one of five scopes that stand in the source"
    ),
    "iclip/finetune/tasks/__init__.py: importlib.import_module": "a module of the hub",
    "iclip/openmmlab/annotations/check.py: importlib.import_module": "a module of the hub",
    "iclip/datasets/readers/video_files.py: av.open": "limited to files, and to formats of videos",
    "iclip/own_data/yolo/data_file.py: yaml.load": "BaseLoader makes texts, lists and maps only",
    "iclip/toy/kinetics.py: av.open": "writes",
    "tools/freeze_versions.py: runpy.run_path": "the checkout's own setup.py",
}
# Functions that run what they are given, or read files that can.
RUNS = {
    *("eval", "exec", "compile", "__import__", "execfile"),
    *("os.system", "os.popen", "pty.spawn", "runpy.run_path", "runpy.run_module"),
    *("pickle.load", "pickle.loads", "pickle.Unpickler", "marshal.load", "marshal.loads"),
    *("shelve.open", "dill.load", "dill.loads", "cloudpickle.load", "cloudpickle.loads"),
    *("joblib.load", "pandas.read_pickle", "pd.read_pickle"),
    *("torch.jit.load", "torch.hub.load", "torch.package.PackageImporter", "torch.export.load"),
    *("torch.hub.load_state_dict_from_url", "model_zoo.load_url", "load_url"),
    *("yaml.load", "yaml.unsafe_load", "yaml.full_load", "yaml.load_all"),
    *("Config.fromfile", "Config.fromstring", "av.open", "importlib.import_module"),
    *("shutil.unpack_archive", "subprocess.getoutput", "subprocess.getstatusoutput"),
}
# Functions that are safe with an argument, and where the argument must stand.
SAFE_WITH = {
    "torch.load": ("weights_only", True),
    "AutoTokenizer.from_pretrained": ("trust_remote_code", False),
}
# Arguments that make a function unsafe, whatever its name.
UNSAFE_ARGUMENTS = {"allow_pickle": True, "shell": True, "trust_remote_code": True}


def value(node: ast.expr) -> object:
    """A constant's value; ``...`` for what is computed."""
    return node.value if isinstance(node, ast.Constant) else ...


def is_unsafe(call: ast.Call, name: str) -> bool:
    words = {word.arg: value(word.value) for word in call.keywords}
    if any(words.get(key, not bad) in (bad, ...) for key, bad in UNSAFE_ARGUMENTS.items()):
        return True
    if name in SAFE_WITH:
        key, good = SAFE_WITH[name]
        return words.get(key, ...) is not good
    if name == "importlib.import_module" and call.args and value(call.args[0]) is not ...:
        return False  # a name that stands in the source
    return name in RUNS


def unsafe_calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = ast.unparse(node.func)
            if is_unsafe(node, name):
                yield name
        if isinstance(node, ast.ImportFrom):  # under another name it would not be seen
            yield from (
                f"from {node.module} import {alias.name}"
                for alias in node.names
                if f"{node.module}.{alias.name}" in RUNS - {"importlib.import_module"}
            )


def test_every_call_that_could_run_a_file_is_known():
    found = {
        f"{path.relative_to(REPO).as_posix()}: {name}"
        for path in python_files("iclip", "tools")
        for name in unsafe_calls(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == set(KNOWN)


@pytest.mark.parametrize(
    "source",
    [
        "pickle.load(f)", "torch.load(f)", "torch.load(f, weights_only=False)",
        "torch.load(f, weights_only=flag)", "np.load(f, allow_pickle=True)",
        "np.load(f, allow_pickle=flag)", "yaml.load(f, Loader)", "eval(text)", "os.system(command)",
        "subprocess.run(command, shell=True)", "AutoTokenizer.from_pretrained(name)",
        "importlib.import_module(name)", "from pickle import loads", "av.open(path)",
    ],
)  # fmt: skip
def test_unsafe_call_is_seen(source: str):
    assert list(unsafe_calls(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "torch.load(f, weights_only=True)", "np.load(f)", "np.load(f, allow_pickle=False)",
        "yaml.safe_load(f)", "ast.literal_eval(text)", "model.eval()", "re.compile(text)",
        "subprocess.run(command, shell=False)", "importlib.import_module('torch')",
    ],
)  # fmt: skip
def test_safe_call_is_not(source: str):
    assert not list(unsafe_calls(ast.parse(source)))


def shell_scripts() -> list[Path]:
    return [*sorted((REPO / "tools").glob("*.sh")), REPO / ".ci/run"]


@pytest.mark.parametrize("path", shell_scripts(), ids=lambda path: path.name)
def test_no_script_runs_a_string(path: Path):
    """``eval`` and ``sh -c`` with a variable would run what a name holds."""
    for line in path.read_text(encoding="utf-8").splitlines():
        code = line.partition("#")[0]
        assert "eval " not in code
        assert not ("bash -c" in code and "$" in code), line
