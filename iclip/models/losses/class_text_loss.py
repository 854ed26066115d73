"""Image classification against class weights that the text tower wrote."""

from torch import Tensor
from torch.nn import functional as F


def class_text_loss(
    image_embeds: Tensor, class_embeds: Tensor, gt_labels: Tensor, logit_scale: Tensor
) -> Tensor:
    r"""Cross entropy of the cosine classifier over all classes (iCLIP, CVPR 2023, section 3).

    .. math:: L = \sum_i [\log\sum_c \exp(s \langle w_c, v_i\rangle)
              - s \langle w_{y_i}, v_i\rangle]

    The sum, not the mean, over this rank's images: the caller divides by the global number.

    Args:
        image_embeds: v, unit rows, (B, D); labelled images of this rank.
        class_embeds: w, unit rows, (N, D); all classes.
        gt_labels: y, (B,) int64 in [0, N).
        logit_scale: log of s, the inverse temperature, scalar.

    Returns:
        Scalar, in nats.
    """
    logits = logit_scale.exp() * image_embeds @ class_embeds.T  # B, N
    return F.cross_entropy(logits, gt_labels, reduction="sum")
