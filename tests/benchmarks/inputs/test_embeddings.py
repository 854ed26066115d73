import torch

from iclip.benchmarks.inputs.embeddings import captioned_embeds


def test_embeddings_are_unit_rows_with_their_image():
    images, texts, image_of_text = captioned_embeds(4, 3, 8)
    assert images.shape == (4, 8) and texts.shape == (12, 8)
    assert image_of_text.tolist() == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3
    for rows in (images, texts):
        torch.testing.assert_close(rows.norm(dim=1), torch.ones(len(rows)))


def test_some_texts_are_nearest_to_their_image_and_some_are_not():
    images, texts, image_of_text = captioned_embeds(200, 5, 64)
    found = (texts @ images.T).argmax(dim=1) == image_of_text
    assert 0.05 < found.float().mean() < 0.95
