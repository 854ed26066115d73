"""The projected last map: its mean is the image embedding before it is normalized."""

from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from iclip.dense.map_tower import map_model, temperature
from iclip.zeroshot.embedding_model import ImageTextEmbedder
from iclip.zeroshot.loading import load_zero_shot_model


@pytest.fixture(scope="module")
def model(micro: Path) -> ImageTextEmbedder:
    return load_zero_shot_model(str(micro))


@pytest.mark.parametrize(("height", "width"), [(32, 32), (40, 72), (33, 50)])
def test_mean_of_the_map_is_the_image_embedding(
    height: int, width: int, model: ImageTextEmbedder
) -> None:
    images = torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(0))
    maps, tower = map_model(model)
    found = maps.encode_images(images)
    assert found.shape == (2, 16, -(-height // tower.stride), -(-width // tower.stride))
    unnormalized = model.network.image_projection(model.network.backbone.forward_pooled(images))
    torch.testing.assert_close(found.mean(dim=(2, 3)), unnormalized)
    torch.testing.assert_close(
        F.normalize(found.mean(dim=(2, 3)), dim=-1), model.encode_images(images)
    )


def test_each_position_is_projected_alone(model: ImageTextEmbedder) -> None:
    image = torch.randn(1, 3, 32, 48)
    found = map_model(model)[0].encode_images(image)[0]
    (features,) = model.network.backbone(image)
    for row, column in ((0, 0), (3, 5)):
        expected = model.network.image_projection(features[0, :, row, column])
        torch.testing.assert_close(found[:, row, column], expected)


def test_temperature_is_the_pre_trainings(model: ImageTextEmbedder) -> None:
    assert temperature(model) == pytest.approx(20)


def test_other_image_towers_are_refused(tiny: ImageTextEmbedder) -> None:
    with pytest.raises(ValueError, match=r"MODEL open_clip:tiny.* has another image tower than"):
        map_model(tiny)
