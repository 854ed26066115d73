"""UniCL: supervised contrastive loss in both directions over one mixed batch."""

from typing import NamedTuple

from torch import Tensor

from iclip.distributed import Gathered


class LabelledPairEmbeds(NamedTuple):
    """Embeddings of images and their texts, and which of them belong together.

    Attributes:
        image_embeds: One unit row per image, (B, D).
        text_embeds: Unit rows in the same order, (B, D).
        labels: (B,) int64; rows with equal labels are positives of each other.
    """

    image_embeds: Tensor
    text_embeds: Tensor
    labels: Tensor


def unicl_loss(pairs: Gathered[LabelledPairEmbeds], logit_scale: Tensor) -> Tensor:
    r"""Sum this rank's rows of UniCL's bidirectional loss (arXiv:2204.03610, equations 2 to 4).

    .. math:: L = \frac{1}{2} \sum_i \sum_{\text{both directions}}
              -\frac{1}{|P(i)|} \sum_{k \in P(i)} \log\mathrm{softmax}_k(s \langle v_i, u_k\rangle)

    P(i) is the set of columns with row i's label.

    Args:
        pairs: B rows of this rank, (B, D) and (B,), and G rows of all ranks, (G, D) and (G,).
        logit_scale: Log of the inverse temperature, scalar.

    Returns:
        Scalar: the mean of the sums of both directions.
    """
    local, everywhere = pairs.local, pairs.everywhere
    scale = logit_scale.exp()
    positive = local.labels[:, None] == everywhere.labels[None, :]  # B, G
    # Each of row i's positives has the same probability, 1 / |P(i)|; a row is its own positive, so
    # no row is divided by zero.
    target = positive / positive.sum(dim=1, keepdim=True)
    # Log probabilities over the columns, B, G.
    image_to_text = (scale * local.image_embeds @ everywhere.text_embeds.T).log_softmax(dim=1)
    text_to_image = (scale * local.text_embeds @ everywhere.image_embeds.T).log_softmax(dim=1)
    return -(target * (image_to_text + text_to_image)).sum() / 2
