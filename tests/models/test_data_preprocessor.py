import torch

from iclip.models import BatchPreprocessor


def batch(captions: list[list[int]]) -> dict[str, object]:
    torch.manual_seed(0)
    return {
        "inputs": torch.randint(0, 256, (2, 3, 4, 5), dtype=torch.uint8),
        "gt_labels": torch.tensor([1]),
        "token_ids": torch.tensor(captions, dtype=torch.int64),
        "decode_errors": ["a.jpg"],
    }


def test_each_channel_is_normalized_on_its_own():
    given = batch([])
    mean, std = (1.0, 2.0, 3.0), (4.0, 5.0, 6.0)
    images = BatchPreprocessor(mean, std)(given)["inputs"]
    for channel in range(3):
        expected = (given["inputs"][:, channel].float() - mean[channel]) / std[channel]
        torch.testing.assert_close(images[:, channel], expected)


def test_captions_stay_as_they_are():
    given = batch([[7, 8, 9, 0, 0], [7, 9, 0, 0, 0]])
    assert BatchPreprocessor()(given)["token_ids"] is given["token_ids"]


def test_setting_of_earlier_versions_is_accepted():
    given = batch([])
    new, old = BatchPreprocessor()(given), BatchPreprocessor(pad_id=1)(given)
    assert torch.equal(new["inputs"], old["inputs"])


def test_what_is_not_a_tensor_is_dropped():
    assert BatchPreprocessor()(batch([])).keys() == {"inputs", "gt_labels", "token_ids"}
