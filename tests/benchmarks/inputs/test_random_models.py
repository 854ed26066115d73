import torch

from iclip.benchmarks.inputs.random_models import small_zero_shot_model


def test_a_model_of_random_weights_embeds_images_and_texts():
    model = small_zero_shot_model()
    embeds = model.encode_images(torch.zeros(2, 3, 56, 56))
    torch.testing.assert_close(embeds.norm(dim=1), torch.ones(2))
    assert embeds.shape == model.encode_texts(["a", "b"]).shape == (2, 256)
