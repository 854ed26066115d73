import pytest
import torch

from iclip.models.swin.stem import build_stem
from tests.models.swin.small_swin import images


@pytest.mark.parametrize("patch_size", [1, 2, 4, 8, 16])
def test_conv_stem_moves_by_one_token_per_patch(patch_size: int) -> None:
    torch.manual_seed(0)
    stem = build_stem("conv", patch_size, in_channels=3, embed_dim=8).eval()
    x = images(1, 3, 16 * patch_size, 16 * patch_size)
    moved = stem(x.roll(patch_size, dims=3))
    border = 5  # what four 3 x 3 convolutions can carry inwards
    torch.testing.assert_close(
        moved[:, :, border + 1 : -border],
        stem(x)[:, :, border : -border - 1],
        rtol=1e-4,
        atol=1e-5,
    )


@pytest.mark.parametrize(
    ("stem", "patch_size", "message"),
    [
        ("linear", 4, r"stem='linear' is unknown; take 'patch' or 'conv'"),
        ("conv", 3, r"patch_size=3 with stem='conv': .* 1, 2, 4, 8 or 16"),
        ("conv", 32, r"patch_size=32 with stem='conv'"),
    ],
)
def test_unusable_stems_are_named(stem: str, patch_size: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_stem(stem, patch_size, in_channels=3, embed_dim=8)
