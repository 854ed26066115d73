"""Models by what the user calls them, and what is said where one cannot be."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from iclip.text.class_texts import read_class_texts
from iclip.zeroshot import loading
from iclip.zeroshot.cached_embeddings import embed
from iclip.zeroshot.class_folders import class_folders
from iclip.zeroshot.classification import evaluate_set
from iclip.zeroshot.classification_suites import own_set
from iclip.zeroshot.embedding_model import ImageTextEmbedder, choose_precision
from iclip.zeroshot.loading import load_zero_shot_model
from iclip.zeroshot.pictures import read_picture


def test_micro_checkpoint_of_another_machine(
    micro: Path, photos: Path, table: Path, tmp_path: Path
):
    model = load_zero_shot_model(str(micro))
    images = own_set(photos, read_class_texts(table))
    embeds = model.encode_texts(["a photo of a crane.", "a photo of a tench."])
    assert embeds.shape == (2, 16)
    torch.testing.assert_close(embeds.norm(dim=1), torch.ones(2))
    found = embed(model, images.pictures, tmp_path / "c")
    assert 0 <= evaluate_set(model, images, found)["value"] <= 100


def test_folder_exported_by_us_is_the_checkpoint(tmp_path: Path, photos: Path):
    from iclip.export import export_checkpoint
    from tests.export.test_open_clip_folder import CAUSAL, save_run

    prompts = dict(tokenizer=dict(type="CLIPTokenizer", context_length=16))
    save_run(tmp_path / "latest.pth", CAUSAL, class_prompts=prompts)
    export_checkpoint(tmp_path / "latest.pth", "open_clip", tmp_path / "folder")
    ours = load_zero_shot_model(str(tmp_path / "latest.pth"))
    theirs = load_zero_shot_model(str(tmp_path / "folder"))
    pictures = class_folders(photos, read_class_texts(_table(tmp_path))).pictures
    images = [
        torch.stack([m.transform(read_picture(pictures, i)) for i in range(2)])
        for m in (ours, theirs)
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


def test_models_that_cannot_be(micro: Path, tmp_path: Path):
    with pytest.raises(ValueError, match="open_clip:ViT-Z: open_clip cannot build it"):
        load_zero_shot_model("open_clip:ViT-Z")
    with pytest.raises(FileNotFoundError, match=r"absent\.pth does not exist"):
        load_zero_shot_model("absent.pth")
    content = torch.load(micro, weights_only=True)
    del content["meta"]["model"]
    torch.save(content, tmp_path / "old.pth")
    with pytest.raises(ValueError, match=r"old\.pth does not say how it was built"):
        load_zero_shot_model(str(tmp_path / "old.pth"))
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


class FullGpu(nn.Module):
    """A network on a GPU whose memory does not hold some number of texts."""

    def __init__(self, network: nn.Module, holds: int) -> None:
        super().__init__()
        self.network, self.holds, self.asked = network, holds, []

    def encode_text(self, ids: Tensor) -> Tensor:
        self.asked.append(len(ids))
        if len(ids) > self.holds:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return self.network.encode_text(ids)


def test_texts_are_halved_until_they_fit(tiny: ImageTextEmbedder):
    model = replace(tiny, network=FullGpu(tiny.network, holds=100), _hashed=None)
    texts = [f"photo {i}" for i in range(150)]
    embeds = model.encode_texts(texts)
    assert model.network.asked == [150, 128, 64, 64, 22]
    torch.testing.assert_close(embeds, tiny.encode_texts(texts), rtol=0, atol=1e-6)


def test_not_even_one_text_fits(tiny: ImageTextEmbedder):
    model = replace(tiny, network=FullGpu(tiny.network, holds=0), _hashed=None)
    with pytest.raises(ValueError, match=r"memory does not hold a single text .* --device cpu"):
        model.encode_texts(["a photo."])


def test_full_gpu_is_not_the_tokenizers_fault(tiny: ImageTextEmbedder):
    model = replace(tiny, network=FullGpu(tiny.network, holds=0), _hashed=None)
    with pytest.raises(ValueError, match="the GPU's memory does not hold a single text") as error:
        loading._check_tokenizer(model)
    assert "tokenizer" not in str(error.value)


def test_network_that_does_not_fit_the_gpu(micro: Path, monkeypatch: pytest.MonkeyPatch):
    def full(self: nn.Module, device: str) -> nn.Module:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(nn.Module, "to", full)
    with pytest.raises(ValueError, match=r"latest\.pth: the GPU's memory does not hold a single"):
        load_zero_shot_model(str(micro), "cuda")


@pytest.mark.parametrize(
    ("asked", "device", "has_bf16", "expected"),
    [
        (None, "cpu", False, "fp32"),
        (None, "cuda", True, "bf16"),
        (None, "cuda", False, "fp32"),
        ("fp16", "cuda", False, "fp16"),
        ("bf16", "cpu", False, "bf16"),
    ],
)
def test_precision_by_default_and_as_asked(
    asked: str | None, device: str, has_bf16: bool, expected: str, monkeypatch
):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: has_bf16)
    assert choose_precision(asked, device) == expected


def test_precision_that_cannot_be(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(ValueError, match="--precision is 'int8'; it takes one of fp32, bf16, fp16"):
        choose_precision("int8", "cpu")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Tesla V100")
    with pytest.raises(ValueError, match="bf16: Tesla V100 has no bfloat16 arithmetic; take fp16"):
        choose_precision("bf16", "cuda")


def test_precision_is_the_networks(micro: Path):
    images = torch.rand(4, 3, 32, 32)
    plain = load_zero_shot_model(str(micro)).encode_images(images)
    model = load_zero_shot_model(str(micro), precision="bf16")
    with torch.autocast("cpu", torch.bfloat16), torch.inference_mode():
        expected = model.network.encode_image(images).float()
    found = model.encode_images(images)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
    assert not torch.allclose(found, plain, rtol=0, atol=1e-5)


def test_image_size_of_an_open_clip_model(tiny_name: str, capsys: pytest.CaptureFixture):
    model = load_zero_shot_model(tiny_name, image_size=64)
    assert (model.image_size, model.resize) == (64, 64)
    assert model.encode_images(torch.rand(1, 3, 64, 64)).shape == (1, 16)
    model = load_zero_shot_model(tiny_name, resize=40)
    assert (model.image_size, model.resize) == (32, 40)


def test_fingerprint_is_that_of_another_process(tiny_name: str):
    """No address in memory is in the key: another load of the same file has the same."""
    first, second = (load_zero_shot_model(tiny_name).embedding_settings() for _ in range(2))
    assert first == second
    assert "0x" not in json.dumps(first)
