import pytest

from iclip.benchmarks.gpu import transfer_models
from iclip.openmmlab.made_up_samples import made_up_batch
from iclip.shipped_configs import shipped_config


def test_the_configs_of_the_real_sizes_are_there():
    files = [config for sizes in transfer_models.TRANSFERS.values() for config in sizes.values()]
    assert len(files) == 9
    assert all(shipped_config(f"downstream/{config}").is_file() for config in files)


@pytest.mark.parametrize("task", transfer_models.TRANSFERS)
def test_a_batch_of_the_real_size_has_a_label_for_each_input(task: str):
    batch = made_up_batch(task, transfer_models.SIZES[task])
    count, *shape = transfer_models.SIZES[task]
    assert len(batch["inputs"]) == len(batch["data_samples"]) == count
    assert {tuple(inputs.shape) for inputs in batch["inputs"]} == {tuple(shape)}
