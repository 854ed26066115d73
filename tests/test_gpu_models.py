"""The table of GPUs, by the name of an option and by the name of a card."""

import pytest

from iclip.gpu_models import GPU_MODELS, gpu_model, model_of_card


def test_a_name_is_found_in_any_case():
    assert gpu_model("H100") is GPU_MODELS["h100"]


@pytest.mark.parametrize(
    ("card", "name"),
    [
        ("NVIDIA H100 80GB HBM3", "h100"),
        ("NVIDIA H100 PCIe", "h100-pcie"),
        ("NVIDIA A100-SXM4-80GB", "a100"),
        ("NVIDIA A100-SXM4-40GB", "a100-40gb"),
        ("NVIDIA H200", "h200"),
    ],
)
def test_a_card_is_the_model_that_its_name_names(card: str, name: str):
    assert model_of_card(card) is GPU_MODELS[name]


def test_a_card_that_is_not_in_the_table_has_no_model():
    assert model_of_card("NVIDIA GeForce RTX 2080") is None


def test_an_unknown_name_is_an_error_that_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"--gpu v100 is not in the table; .*h100.*--gpu-memory"):
        gpu_model("v100")
