"""GPUs by name: their memory, and the rate at which they multiply matrices."""

from dataclasses import dataclass


@dataclass(frozen=True)
class GpuModel:
    """A GPU.

    Attributes:
        card: Part of the name that its driver gives it.
        memory_gib: Memory that torch reports, rounded down.
        tflops: Peak rate in bfloat16 or float16 with float32 sums, in 10^12 operations per second.
        float32_tflops: The same in float32, which torch does not round to TF32 in matrix products.
    """

    card: str
    memory_gib: float
    tflops: float
    float32_tflops: float


# From the makers' data sheets, dense rates. Of the cards that are part of a name, the first counts.
GPU_MODELS = {
    "a100-40gb": GpuModel("A100-SXM4-40GB", 39, 312, 19.5),
    "a100": GpuModel("A100", 79, 312, 19.5),
    "l40s": GpuModel("L40S", 44, 362, 91.6),
    "h100-pcie": GpuModel("H100 PCIe", 79, 756, 51),
    "h100": GpuModel("H100", 79, 989, 67),
    "h200": GpuModel("H200", 139, 989, 67),
    "b200": GpuModel("B200", 178, 2250, 75),
}


def gpu_model(name: str) -> GpuModel:
    """Look up a GPU.

    Args:
        name: One of :data:`GPU_MODELS`, in any case.

    Raises:
        ValueError: The GPU is not in the table.
    """
    model = GPU_MODELS.get(name.strip().lower())
    if model is None:
        raise ValueError(
            f"--gpu {name} is not in the table; it has {', '.join(GPU_MODELS)}. For another one "
            "give its memory, --gpu-memory GIB"
        )
    return model


def model_of_card(name: str) -> GpuModel | None:
    """Look up a card by its driver's name for it; None for one that is not in the table."""
    return next((model for model in GPU_MODELS.values() if model.card in name), None)
