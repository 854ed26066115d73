"""Models by what the user calls them, and what is said where one cannot be."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from iclip.text.class_texts import read_class_texts
from iclip.zeroshot import loading
from iclip.zeroshot.cached_embeddings import embed
from iclip.zeroshot.class_folders import class_folders
from iclip.zeroshot.classification import evaluate_set
from iclip.zeroshot.classification_suites import own_set
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.image_readers import read_image
from iclip.zeroshot.loading import load_zero_shot_model
from tests.zeroshot.networks import SmallGpu, with_network


def test_micro_checkpoint_of_another_machine(
    micro: Path, photos: Path, table: Path, tmp_path: Path
):
    model = load_zero_shot_model(str(micro))
    images = own_set(photos, read_class_texts(table))
    embeds = model.encode_texts(["a photo of a crane.", "a photo of a tench."])
    assert embeds.shape == (2, 16)
    torch.testing.assert_close(embeds.norm(dim=1), torch.ones(2))
    found = embed(model, images.reader, tmp_path / "c")
    assert 0 <= evaluate_set(model, images, found).score <= 100


def test_folder_exported_by_us_is_the_checkpoint(tmp_path: Path, photos: Path):
    from iclip.export import export_checkpoint
    from tests.export.test_open_clip_folder import CAUSAL, save_run

    prompts = dict(tokenizer=dict(type="CLIPTokenizer", context_length=16))
    save_run(tmp_path / "latest.pth", CAUSAL, class_prompts=prompts)
    export_checkpoint(tmp_path / "latest.pth", "open_clip", tmp_path / "folder")
    ours = load_zero_shot_model(str(tmp_path / "latest.pth"))
    theirs = load_zero_shot_model(str(tmp_path / "folder"))
    reader = class_folders(photos, read_class_texts(_table(tmp_path))).reader
    images = [
        torch.stack([m.transform(read_image(reader, i)) for i in range(2)]) for m in (ours, theirs)
    ]
    torch.testing.assert_close(
        ours.encode_images(images[0]), theirs.encode_images(images[1]), rtol=0, atol=1e-5
    )
    texts = ["a photo of a crane.", "Lemon"]
    torch.testing.assert_close(
        ours.encode_texts(texts), theirs.encode_texts(texts), rtol=0, atol=1e-5
    )


def _table(folder: Path) -> Path:
    path = folder / "t.jsonl"
    lines = [{"id": f"n{i}", "names": [f"name{i}"], "description": ""} for i in (1, 2, 3)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize(
    ("name", "error", "told"),
    [
        ("open_clip:ViT-Z", ValueError, "open_clip:ViT-Z: open_clip cannot build it"),
        ("absent.pth", FileNotFoundError, r"absent\.pth does not exist"),
    ],
)
def test_name_that_means_no_model(name: str, error: type[Exception], told: str):
    with pytest.raises(error, match=told):
        load_zero_shot_model(name)


def test_checkpoint_that_does_not_say_how_it_was_built(micro: Path, tmp_path: Path):
    content = torch.load(micro, weights_only=True)
    del content["meta"]["model"]
    torch.save(content, tmp_path / "old.pth")
    with pytest.raises(ValueError, match=r"old\.pth does not say how it was built"):
        load_zero_shot_model(str(tmp_path / "old.pth"))


def test_checkpoint_without_a_text_tower(micro: Path, tmp_path: Path):
    content = torch.load(micro, weights_only=True)
    content["meta"]["model"] = {"type": "Supervised"}
    del content["state_dict"]["text_projection.weight"]
    torch.save(content, tmp_path / "supervised.pth")
    with pytest.raises(ValueError, match=r"\(Supervised\) has no text tower"):
        load_zero_shot_model(str(tmp_path / "supervised.pth"))


def test_tokenizer_of_another_text_tower(micro: Path, tmp_path: Path):
    content = torch.load(micro, weights_only=True)
    content["meta"]["model"]["class_prompts"]["tokenizer"]["context_length"] = 77
    torch.save(content, tmp_path / "mixed.pth")
    with pytest.raises(ValueError, match=r"mixed\.pth: its tokenizer does not fit .*77 ids"):
        load_zero_shot_model(str(tmp_path / "mixed.pth"))


def test_full_gpu_is_not_the_tokenizers_fault(tiny: ImageTextEmbedder):
    model = with_network(tiny, SmallGpu(tiny.network, holds=0))
    with pytest.raises(ValueError, match="the GPU's memory does not hold a single text") as error:
        loading._check_tokenizer(model)
    assert "tokenizer" not in str(error.value)


def test_network_that_does_not_fit_the_gpu(micro: Path, monkeypatch: pytest.MonkeyPatch):
    def full(self: nn.Module, device: str) -> nn.Module:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(nn.Module, "to", full)
    with pytest.raises(ValueError, match=r"latest\.pth: the GPU's memory does not hold a single"):
        load_zero_shot_model(str(micro), "cuda")


def test_image_size_of_an_open_clip_model(tiny_name: str, capsys: pytest.CaptureFixture):
    model = load_zero_shot_model(tiny_name, image_size=64)
    assert (model.image_size, model.resize) == (64, 64)
    assert model.encode_images(torch.rand(1, 3, 64, 64)).shape == (1, 16)
    model = load_zero_shot_model(tiny_name, resize=40)
    assert (model.image_size, model.resize) == (32, 40)
