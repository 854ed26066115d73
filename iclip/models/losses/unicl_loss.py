"""UniCL: supervised contrastive loss in both directions over one mixed batch."""

from torch import Tensor


def unicl_loss(
    image_embeds: Tensor,
    text_embeds: Tensor,
    labels: Tensor,
    all_image_embeds: Tensor,
    all_text_embeds: Tensor,
    all_labels: Tensor,
    logit_scale: Tensor,
) -> Tensor:
    r"""This rank's rows of UniCL's bidirectional loss (arXiv:2204.03610, equations 2 to 4).

    .. math:: L = \frac{1}{2} \sum_i \sum_{\text{both directions}}
              -\frac{1}{|P(i)|} \sum_{k \in P(i)} \log\mathrm{softmax}_k(s \langle v_i, u_k\rangle)

    P(i) are the columns with row i's label. The sum, not the mean, over this rank's rows: the
    caller divides by the global number of rows.

    Args:
        image_embeds: Unit rows of this rank's images, (B, D).
        text_embeds: Unit rows of this rank's texts, (B, D).
        labels: (B,) int64; equal labels are positives of each other.
        all_image_embeds: Every rank's images, (G, D).
        all_text_embeds: Every rank's texts, (G, D).
        all_labels: Every rank's labels, (G,); contains this rank's own.
        logit_scale: Log of the inverse temperature, scalar.

    Returns:
        Scalar, in nats.
    """
    scale = logit_scale.exp()
    positive = labels[:, None] == all_labels[None, :]  # B, G
    target = positive / positive.sum(dim=1, keepdim=True)
    image_to_text = (scale * image_embeds @ all_text_embeds.T).log_softmax(dim=1)
    text_to_image = (scale * text_embeds @ all_image_embeds.T).log_softmax(dim=1)
    return -(target * (image_to_text + text_to_image)).sum() / 2
