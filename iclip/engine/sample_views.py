"""What pictures of a validation show of the hub's own models: images with one class."""

import torch

from iclip.panels import Panel, ValidatedSample, classified_panel, reduced
from iclip.registry import SAMPLE_VIEWS
from iclip.tasks import CLASSIFICATION


@SAMPLE_VIEWS.register_module(name=CLASSIFICATION)
def view_class(sample: ValidatedSample) -> list[Panel]:
    """Show an image as the model saw it, (3, H, W) in RGB, its class, and the most likely ones."""
    image = sample.inputs.cpu().permute(1, 2, 0).numpy()  # C, H, W -> H, W, C
    scores = torch.as_tensor(sample.output["logits"]).float().softmax(0).cpu().numpy()
    names = sample.dataset.metainfo["classes"]
    return [classified_panel(reduced(image), scores, int(sample.output["gt_label"]), names)]
