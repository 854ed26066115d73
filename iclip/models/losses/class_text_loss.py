"""Image classification with the text embeddings of the classes as weights."""

from torch import Tensor
from torch.nn import functional as F


def class_text_loss(
    image_embeds: Tensor, class_embeds: Tensor, gt_labels: Tensor, logit_scale: Tensor
) -> Tensor:
    r"""Sum the cross entropy of the cosine classifier over the images (iCLIP, section 3).

    .. math:: L = \sum_i [\log\sum_c \exp(s \langle w_c, v_i\rangle)
              - s \langle w_{y_i}, v_i\rangle]

    Args:
        image_embeds: v, (B, D); labelled images of this rank.
        class_embeds: w, (N, D); all classes.
        gt_labels: y, (B,) int64 in [0, N).
        logit_scale: Log of s, the inverse temperature, scalar.

    Returns:
        Scalar: the sum over this rank's B images.
    """
    logits = logit_scale.exp() * image_embeds @ class_embeds.T  # B, N
    return F.cross_entropy(logits, gt_labels, reduction="sum")
