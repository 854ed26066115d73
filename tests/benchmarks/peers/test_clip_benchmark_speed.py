from pathlib import Path

from iclip.benchmarks.inputs.image_folders import first_classes
from iclip.benchmarks.peers.clip_benchmark_speed import Classification
from iclip.zeroshot import cached_embeddings
from iclip.zeroshot.embedding_model import ImageTextEmbedder


def test_other_prompts_find_the_embeddings_kept_and_a_new_evaluation_does_not(
    tiny: ImageTextEmbedder, photos: Path, tmp_path: Path, monkeypatch
) -> None:
    encoded = []
    encode = ImageTextEmbedder.encode_images

    def counted(model: ImageTextEmbedder, images):
        encoded.append(len(images))
        return encode(model, images)

    monkeypatch.setattr(cached_embeddings.ImageTextEmbedder, "encode_images", counted)
    images = first_classes(photos, 2, tmp_path / "links")
    both = Classification(tiny, images, tmp_path / "kept")
    first = both.ours()
    assert sum(encoded) == 10
    both.with_other_prompts()
    assert sum(encoded) == 10
    assert both.ours() == first and sum(encoded) == 20
    assert abs(both.theirs() - first) < 1e-4
