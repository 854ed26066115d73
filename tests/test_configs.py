"""Every shipped config is read and its model built, with small stand-ins for the data."""

import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from tokenizers import ByteLevelBPETokenizer

from iclip.batch_sizes import split_batch
from iclip.engine.start.global_batch import batch_sizes_of
from iclip.registry import MODELS
from iclip.report.paper_protocol import SAMPLES_OF_HALF
from iclip.text.class_texts import ClassText, ClassTexts, write_class_texts

ROOT = Path(__file__).resolve().parents[1]
CONFIGS = sorted(
    path
    for path in (ROOT / "configs").rglob("*.py")
    if "_base_" not in path.relative_to(ROOT).parts
)


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A data root with class texts, and a folder with a RoBERTa tokenizer of few words."""
    root = tmp_path_factory.mktemp("data")
    texts = ClassTexts([ClassText(f"n{i}", (f"name {i}",), "a look") for i in range(5)])
    for folder in ("toy", "photos", "in21k", "in22k", "in1k"):
        (root / folder).mkdir()
        write_class_texts(root / folder / "class_texts.jsonl", texts)
    write_class_texts(root / "toy/class_texts_seen.jsonl", texts)
    (root / "toy/bpe_vocabulary.json").write_text(json.dumps([*range(600), 49406, 49407]))
    roberta = root / "roberta"
    roberta.mkdir()
    tokenizer = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer.train_from_iterator(["a photo of a name"] * 3, 300, special_tokens=special)
    tokenizer.save_model(str(roberta))
    (roberta / "config.json").write_text(json.dumps({"model_type": "roberta"}))
    return {"ICLIP_DATA": str(root), "ICLIP_ROBERTA": str(roberta)}


@pytest.fixture
def environment(stand_ins: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in stand_ins.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: str(path.relative_to(ROOT)))
def test_model_builds_and_header_says_what_it_is(path: Path, environment: None):
    cfg = Config.fromfile(path)
    with torch.device("meta" if path.name == "iclip_swinb.py" else "cpu"):
        model = MODELS.build({**cfg.model, "type": f"iclip.{cfg.model.type}"})
    assert model.class_prompts is not None
    header = path.read_text().split("\n_base_ =")[0]
    assert f"tools/pretrain.sh {path.relative_to(ROOT)}" in header
    assert "Hardware:" in header
    assert "Score:" in header if "micro" in path.parts else "Score:     not yet run" in header


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: str(path.relative_to(ROOT)))
def test_pairs_are_not_mirrored_and_full_size_data_may_lack_texts(path: Path, environment: None):
    sources = Config.fromfile(path).train_dataloader.dataset
    if pairs := sources.get("pairs"):
        assert pairs.image_transform.flip == 0
        assert "micro" in path.parts or pairs.without_text == "skip"
    if "micro" not in path.parts and (labelled := sources.get("labelled")):
        assert labelled.image_transform.flip == 0.5


def total_samples(cfg: Config) -> int:
    return cfg.train_cfg.max_iters * cfg.global_batch_size


TABLE_1 = [(90, 10), (75, 25), (50, 50), (25, 75), (10, 90)]


@pytest.mark.parametrize(("pairs", "labelled"), TABLE_1)
def test_table_1_differs_in_the_shares_alone(pairs: int, labelled: int, environment: None):
    cfg = Config.fromfile(ROOT / f"configs/iclip_swint_pairs{pairs}.py")
    middle = Config.fromfile(ROOT / "configs/iclip_swint_pairs50.py")
    loader = cfg.train_dataloader
    assert tuple(loader.batch_sampler.ratio) == (labelled, pairs)
    assert (loader.dataset.labelled.fraction, loader.dataset.pairs.fraction) == (
        labelled / 100,
        pairs / 100,
    )
    assert total_samples(cfg) == total_samples(middle)
    assert cfg.model == middle.model and cfg.optim_wrapper == middle.optim_wrapper


def test_report_counts_samples_as_the_config(environment: None):
    cfg = Config.fromfile(ROOT / "configs/iclip_swint_pairs50.py")
    assert 32 * cfg.samples_per_epoch == SAMPLES_OF_HALF


def test_full_data_is_32_epochs_of_both_sources(environment: None):
    cfg = Config.fromfile(ROOT / "configs/iclip_swint_full.py")
    images = 14_829_396 + 14_197_122 - 1_281_167
    assert total_samples(cfg) == pytest.approx(32 * images, rel=1e-3)


def test_table_3_step_is_12_288_samples_on_8_gpus_and_on_64(environment: None):
    cfg = Config.fromfile(ROOT / "configs/iclip_swinb.py")
    sizes = [batch_sizes_of(cfg, gpus) for gpus in (8, 64)]
    assert [f"{size.describe('cuda')}" for size in sizes if size] == [
        "12,288 = 8 GPUs x 8 x 192",
        "12,288 = 64 GPUs x 1 x 192",
    ]
    ratio = cfg.train_dataloader.batch_sampler.ratio
    assert split_batch(192, ratio, ("labelled", "pairs")) == (64, 128)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_config_states_a_step_that_its_machine_can_share(path: Path, environment: None):
    cfg = Config.fromfile(path)
    for ranks in (1,) if "micro" in path.parts else (1, 2, 4, 8):
        sizes = batch_sizes_of(cfg, ranks)
        assert sizes is not None and sizes.global_batch_size == cfg.global_batch_size
