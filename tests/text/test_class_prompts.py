"""Class texts as token ids; the expected ids come from open_clip's own tokenizer."""

import pytest
import torch
from open_clip.tokenizer import SimpleTokenizer

from iclip.text.class_prompts import ClassPrompts
from iclip.text.class_texts import ClassText, ClassTexts

TEXTS = ClassTexts(
    [
        ClassText("n1", ("tench",), "a freshwater fish"),
        ClassText("n2", ("crane",), "a large wading bird of marshes"),
        ClassText("n3", ("bow",)),
    ]
)
TEMPLATES = ("a photo of a {}.", "a drawing of a {}.", "{}")


def prompts(context_length: int = 32, **changes) -> ClassPrompts:
    tokenizer = dict(type="CLIPTokenizer", context_length=context_length)
    return ClassPrompts(TEXTS, **(dict(tokenizer=tokenizer, templates=TEMPLATES) | changes))


OPEN_CLIPS = SimpleTokenizer(context_length=32)


def ids_of(*texts: str) -> torch.Tensor:
    ids = OPEN_CLIPS(list(texts))
    return ids[:, : int((ids != 0).sum(dim=1).max())]


def test_every_class_is_composed_with_the_template():
    expected = ids_of("a drawing of a tench.", "a drawing of a crane.", "a drawing of a bow.")
    assert prompts(variant="name").rows_in_template(1).padded(0).tolist() == expected.tolist()


def test_a_draw_takes_of_each_class_a_text_in_one_of_its_templates():
    named = prompts(variant="name")
    seen = set()
    for iteration in range(30):
        row = named.token_ids_at([1], iteration)
        matches = [t for t in TEMPLATES if torch.equal(row, ids_of(t.format("crane")))]
        assert len(matches) == 1
        seen |= set(matches)
    assert seen == set(TEMPLATES)


def test_a_rank_draws_of_its_classes_what_one_rank_draws_of_all():
    together = prompts().token_ids_at(range(3), iteration=5)
    for classes in ([0], [1, 2], [2, 0]):
        part = prompts().token_ids_at(classes, iteration=5)
        width = part.shape[1]
        assert torch.equal(part, together[classes][:, :width])
        assert not together[classes][:, width:].any()


def test_a_draw_is_each_class_on_its_own():
    several = prompts()
    for iteration in range(3):
        together = several.token_ids_at([2, 0, 1, 2], iteration)
        alone = [several.token_ids_at([index], iteration)[0] for index in (2, 0, 1, 2)]
        assert together.dtype == torch.int64
        assert together.shape[1] == max(map(len, alone))
        for row, ids in zip(together, alone, strict=True):
            assert row.tolist() == ids.tolist() + [0] * (len(row) - len(ids))


def test_other_classes_keep_the_composition():
    others = ClassTexts([ClassText("n9", ("ray",), "a flat fish")])
    own = prompts(variant="name", templates=TEMPLATES[:1]).for_classes(others)
    assert own.rows_in_template(0).padded(0).tolist() == ids_of("a photo of a ray.").tolist()
    changed = own.for_classes(others, templates=("{}",))
    assert changed.rows_in_template(0).padded(0).tolist() == ids_of("ray").tolist()


def test_a_context_that_cuts_a_name_is_refused_by_class():
    with pytest.raises(ValueError, match=r"context_length=6 cuts the names of 3 classes: n1") as e:
        prompts(context_length=6)
    assert "shorter names, or a model with a longer context" in str(e.value)
