"""RoBERTa as the text tower of the large setting."""

from pathlib import Path
from typing import Any

from torch import Tensor, nn
from transformers import RobertaConfig, RobertaModel

from iclip.registry import MODELS


@MODELS.register_module()
class RobertaTextEncoder(nn.Module):
    """RoBERTa (arXiv:1907.11692); a text's feature is the mean over its tokens without padding.

    The constructor reads no file. :meth:`init_weights`, which mmengine's Runner calls once before
    training starts, reads the pre-trained weights.

    Args:
        name_or_path: Local folder or hub name of the pre-trained weights; None: train from scratch.
        dropout: Probability of dropout of hidden states and attention weights.
        **architecture: Differences from RoBERTa-base, as ``transformers.RobertaConfig`` names them.
    """

    def __init__(
        self, name_or_path: str | None = None, dropout: float = 0.0, **architecture: Any
    ) -> None:
        # RoBERTa-base's numbers; some of transformers' defaults are BERT's. Positions are counted
        # from pad_id + 1 = 2, so 512 tokens need 514.
        base = dict(
            vocab_size=50265,
            max_position_embeddings=514,
            type_vocab_size=1,
            layer_norm_eps=1e-5,
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
        )
        super().__init__()
        # `forward` gives the mask as torch's own attention takes it.
        config = RobertaConfig(
            **(base | architecture),
            attn_implementation="sdpa",  # type: ignore[call-arg]  # read by its base class
        )
        self.roberta = RobertaModel(config, add_pooling_layer=False)
        self.name_or_path = name_or_path
        self.width = self.roberta.config.hidden_size
        self.pad_id: int = self.roberta.config.pad_token_id or 0
        self.context_length = self.roberta.config.max_position_embeddings - self.pad_id - 1

    def init_weights(self) -> None:
        """Read the pre-trained weights.

        Raises:
            OSError: ``name_or_path`` is neither a folder with weights nor can it be downloaded.
            RuntimeError: The weights belong to another architecture.
        """
        name = self.name_or_path
        if name is None:
            return
        try:
            pretrained = RobertaModel.from_pretrained(name, add_pooling_layer=False)
        except OSError as error:
            raise OSError(
                f"text_encoder.name_or_path={name!r}: no weights there, and they cannot be "
                "downloaded. Download the model's folder once and name it, or set None to train "
                "from scratch"
            ) from error
        self.roberta.load_state_dict(pretrained.state_dict())

    def save_config(self, folder: str | Path) -> None:
        """Write ``config.json``, from which transformers builds the network."""
        self.roberta.config.save_pretrained(folder)

    @property
    def token_table(self) -> Tensor:
        """The token table, (vocabulary, width)."""
        return self.roberta.embeddings.word_embeddings.weight

    def table_rows(self, token_ids: Tensor) -> Tensor:
        """Map ids to rows of the token table, which are the same here."""
        return token_ids

    def forward(self, token_ids: Tensor, token_embeds: Tensor | None = None) -> Tensor:
        """Encode texts as the means of their tokens' outputs.

        Args:
            token_ids: (T, L) int64, padded with the tokenizer's ``pad_id``.
            token_embeds: The token table's rows of these ids, (T, L, width); None: looked up here.

        Returns:
            (T, width)
        """
        embeddings = self.roberta.embeddings
        if token_embeds is None:
            token_embeds = embeddings.word_embeddings(token_ids)
        valid = token_ids.ne(self.pad_id)  # T, L
        # T, L -> T, 1, queries, keys. Of a mask with two dimensions transformers asks whether it
        # masks anything, which waits for a GPU.
        mask = valid[:, None, None, :].expand(-1, 1, valid.shape[1], -1)
        output = self.roberta(
            inputs_embeds=token_embeds,
            # From embeddings alone, transformers would count padding as positions, too.
            position_ids=embeddings.create_position_ids_from_input_ids(token_ids, self.pad_id),
            attention_mask=mask,
        )
        hidden = output.last_hidden_state  # T, L, C
        weights = valid.unsqueeze(-1).to(hidden.dtype)  # T, L, 1
        # T, L, C -> T, C
        return (hidden * weights).sum(dim=1) / weights.sum(dim=1)
