from pathlib import Path
from typing import Any

import pytest
from mmengine.config import Config

from iclip.engine.launch import Launch
from iclip.engine.preflight import NotReadyError, check_ready, data_problems, small_run_hint


def config(root: Path, **more: Any) -> Config:
    return Config(
        dict(
            default_scope="iclip",
            model=dict(type="ICLIP", class_prompts=dict(class_texts=f"{root}/texts.jsonl")),
            train_dataloader=dict(
                dataset=dict(
                    type="MixedSources",
                    labelled=dict(root=f"{root}/images"),
                    pairs=dict(shards=f"{root}/pairs/{{00000..00031}}.tar"),
                )
            ),
            val_dataloader=[dict(dataset=dict(root=f"{root}/val/*"))],
            **more,
        )
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data root with all that the config reads."""
    for folder in ("images/n1", "pairs", "val/n1"):
        (tmp_path / "data" / folder).mkdir(parents=True)
    for file in ("texts.jsonl", "pairs/00000.tar"):
        (tmp_path / "data" / file).touch()
    return tmp_path / "data"


def test_nothing_is_said_when_all_is_there(root: Path):
    assert data_problems(config(root), root) == []
    check_ready(config(root), Launch(1, "cpu"), {"ICLIP_DATA": str(root)})


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("texts.jsonl", "texts.jsonl  (model.class_prompts.class_texts)"),
        ("images/n1", "images  (train_dataloader.dataset.labelled.root)"),
        ("pairs/00000.tar", "{00000..00031}.tar  (train_dataloader.dataset.pairs.shards)"),
        ("val/n1", "val/*  (val_dataloader.0.dataset.root)"),
    ],
)
def test_what_is_missing_or_empty_is_named_with_its_setting(root: Path, gone: str, said: str):
    path = root / gone
    path.rmdir() if path.is_dir() else path.unlink()
    (problem,) = data_problems(config(root), root)
    assert said in problem
    assert problem.count(str(root)) == 1
    assert "set ICLIP_DATA to the folder that holds it" in problem


def test_missing_root_is_said_to_be_missing(tmp_path: Path):
    (problem,) = data_problems(config(Path("nowhere")), Path("nowhere"))
    assert problem.startswith("Data: the data root 'nowhere' does not exist; the config reads\n")
    assert "nowhere/images  (train_dataloader.dataset.labelled.root)" in problem


def test_absolute_paths_count_wherever_they_are(root: Path):
    cfg = config(root, val_evaluator=[dict(type="ZeroShot", class_texts="/not/here.jsonl")])
    (problem,) = data_problems(cfg, root)
    assert "/not/here.jsonl  (val_evaluator.0.class_texts)" in problem


def test_long_lists_are_shortened():
    cfg = Config(dict(train_dataloader=dict(files=[f"data/{i}" for i in range(20)])))
    (problem,) = data_problems(cfg, Path("data"))
    assert "data/7  (train_dataloader.files.7)\n       and 12 more" in problem


def test_everything_missing_is_one_message(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    with pytest.raises(NotReadyError) as error:
        check_ready(config(Path("nowhere")), Launch(8, "cuda"), {"ICLIP_DATA": "nowhere"})
    text = str(error.value)
    assert "2 things are missing:\n  1. GPUs: 8 GPUs asked for, 0 here" in text
    assert "\n  2. Data: the data root 'nowhere' does not exist" in text


def test_unknown_method_lists_the_methods(root: Path):
    cfg = config(root)
    cfg.model.type = "ICLPI"
    with pytest.raises(NotReadyError, match=r"model\.type is 'ICLPI'; there are ") as error:
        check_ready(cfg, Launch(1, "cpu"), {"ICLIP_DATA": str(root)})
    methods = str(error.value).split("there are ")[1].split(", ")
    assert {"CLIP", "ICLIP", "MultiTask", "Supervised", "UniCL"} <= set(methods)
    assert not {"SwinBackbone", "TextTransformer"} & set(methods)


def test_methods_of_other_frameworks_are_their_own_business(root: Path):
    cfg = config(root)
    cfg.model.type = "mmdet.FasterRCNN"
    check_ready(cfg, Launch(1, "cpu"), {"ICLIP_DATA": str(root)})


def test_small_run_is_named(tmp_path: Path):
    configs = tmp_path / "configs"
    (configs / "micro").mkdir(parents=True)
    for name in ("clip.py", "iclip.py"):
        (configs / "micro" / name).touch()
    hint = small_run_hint(configs / "iclip_swinb.py")
    assert hint.endswith(f"then tools/pretrain.sh {configs}/micro/iclip.py")
    assert "tools/make_toy_data.py" in hint
    assert "pretrain.sh" not in small_run_hint(configs / "micro" / "iclip.py")
