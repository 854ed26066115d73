import numpy as np
import pytest
from open_clip import zero_shot_metadata

from iclip.text.class_texts import ClassText
from iclip.text.prompts import (
    TEMPLATES,
    VARIANTS,
    bare_description,
    classes_with_cut_name,
    compose,
    draw_templates,
    prompt_parts,
    select_templates,
)
from iclip.text.tokenizer import CLIPTokenizer

CRANE = ClassText("n02012849", ("crane", "wading crane"), "large long-necked wading bird. ")
NAMELESS = ClassText("n1", ("crane",), "  ")


@pytest.mark.parametrize(
    ("template", "variant", "sentence"),
    [
        ("a photo of a {}.", "name", "a photo of a crane."),
        ("a photo of a {}", "name", "a photo of a crane"),
        (
            "a photo of a {}.",
            "name_description",
            "a photo of a crane, large long-necked wading bird.",
        ),
        (
            "a photo of a {}",
            "name_description",
            "a photo of a crane, large long-necked wading bird",
        ),
        (
            "look, a {} in a game! ",
            "name_description",
            "look, a crane in a game, large long-necked wading bird!",
        ),
        ("{}", "name_description", "crane, large long-necked wading bird"),
        ("a photo of a {}.", "description", "large long-necked wading bird"),
    ],
)
def test_each_variant_is_composed_as_documented(template: str, variant: str, sentence: str) -> None:
    assert compose(CRANE, template, variant) == sentence


def test_default_is_name_and_description() -> None:
    assert compose(CRANE, "a {}.") == compose(CRANE, "a {}.", "name_description")


@pytest.mark.parametrize("variant", VARIANTS)
def test_without_description_every_variant_is_the_filled_template(variant: str) -> None:
    assert compose(NAMELESS, "a photo of a {}.", variant) == "a photo of a crane."


def test_first_name_is_the_one_used() -> None:
    assert compose(CRANE, "{}", "name") == "crane"


def test_braces_and_marks_of_a_name_stay() -> None:
    text = ClassText("a", ("U.S. {}",), "a country")
    assert compose(text, "a map of the {}.") == "a map of the U.S. {}, a country."


def test_unknown_variant_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"variant='names' is unknown. Allowed: name, name_desc"):
        compose(CRANE, "a {}.", "names")


@pytest.mark.parametrize("template", ["a photo", "{} and {}", "a { }"])
def test_template_needs_one_place_for_the_name(template: str) -> None:
    with pytest.raises(ValueError, match=r"must hold \{\} exactly once"):
        compose(CRANE, template)
    with pytest.raises(ValueError, match=r"must hold \{\} exactly once"):
        select_templates(["a {}.", template])


@pytest.mark.parametrize(
    ("name", "fills"),
    [
        ("openai_imagenet", zero_shot_metadata.OPENAI_IMAGENET_TEMPLATES),
        ("openai_simple", zero_shot_metadata.SIMPLE_IMAGENET_TEMPLATES),
    ],
)
def test_openai_sets_fill_as_open_clip_does(name: str, fills: tuple) -> None:
    filled = [compose(CRANE, template, "name") for template in TEMPLATES[name]]
    assert filled == [fill("crane") for fill in fills]


def test_sizes_of_the_sets() -> None:
    sizes = {name: len(templates) for name, templates in TEMPLATES.items()}
    assert sizes == {"simple": 1, "openai_imagenet": 80, "openai_simple": 7}


def test_selection_by_name_and_by_list() -> None:
    assert select_templates("simple") == ("a photo of a {}.",)
    assert select_templates(["a {}.", "the {}."]) == ("a {}.", "the {}.")


def test_unknown_set_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"templates='openai' .* simple, openai_imagenet, openai_"):
        select_templates("openai")


def test_empty_list_of_templates_is_refused() -> None:
    with pytest.raises(ValueError, match=r"templates=\[\] is empty"):
        select_templates([])


def splitmix64(x: int) -> int:
    """The reference in plain integers."""
    x = (x + 0x9E3779B97F4A7C15) % 2**64
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB % 2**64
    return x ^ (x >> 31)


def test_first_output_of_the_reference_generator() -> None:
    # The first number of the published generator for seed 0.
    assert splitmix64(0) == 0xE220A8397B1DCDAF


@pytest.mark.parametrize(("seed", "iteration"), [(0, 0), (7, 123), (-1, 10**6), (2**63, 1)])
def test_draw_equals_a_loop_over_the_classes(seed: int, iteration: int) -> None:
    state = splitmix64(splitmix64(splitmix64(seed % 2**64) ^ 0) ^ iteration)
    expected = [splitmix64(state ^ label) % 80 for label in range(50)]
    drawn = draw_templates(50, 80, seed, iteration)
    assert drawn.dtype == np.int64
    assert drawn.tolist() == expected


def test_draw_of_a_class_does_not_depend_on_their_number() -> None:
    many = draw_templates(21841, 80, seed=3, iteration=5)
    np.testing.assert_array_equal(draw_templates(100, 80, seed=3, iteration=5), many[:100])


@pytest.mark.parametrize("change", [{"seed": 4}, {"iteration": 6}])
def test_draws_of_other_iterations_and_seeds_are_independent(change: dict[str, int]) -> None:
    first = draw_templates(8000, 8, **{"seed": 3, "iteration": 5})
    second = draw_templates(8000, 8, **{"seed": 3, "iteration": 5, **change})
    counts = np.histogram2d(first, second, bins=8)[0]
    # 64 cells of 125: chi-square with 63 degrees of freedom stays below 125 but once in 200,000.
    assert ((counts - 125) ** 2 / 125).sum() < 125


def test_name_survives_the_cut_and_end_token_stays() -> None:
    tokenizer = CLIPTokenizer(context_length=12)
    text = ClassText("a", ("great white shark",), "large aggressive shark " * 40)
    row = tokenizer([compose(text, "a photo of a {}.")])[0].tolist()
    kept = tokenizer._bpe.decode(row[1:-1])
    assert kept.startswith("a photo of a great white shark , large")
    assert row[-1] == tokenizer.eos_id


def test_names_that_do_not_fit_are_listed() -> None:
    tokenizer = CLIPTokenizer()
    long_name = ClassText("long", ("great white shark",))
    templates = ("{}", "a photo of a {}.")
    needed = max(tokenizer.token_counts(["great white shark", "a photo of a great white shark."]))
    texts = [CRANE, long_name]
    assert classes_with_cut_name(texts, templates, tokenizer.token_counts, needed) == ()
    cut = classes_with_cut_name(texts, templates, tokenizer.token_counts, needed - 1)
    assert cut == ("long",)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(
    "template",
    ["a photo of a {}.", "{}", '"{}"!', "the-{}-thing  in a game ! ", "  my {} . ", "a {} b? c."],
)
def test_parts_joined_by_blanks_are_the_prompt(template: str, variant: str) -> None:
    parts = prompt_parts(template, variant)
    filled = [
        parts.head,
        parts.name.replace("{}", CRANE.names[0]),
        parts.tail,
        parts.description.replace("{}", bare_description(CRANE)),
    ]
    assert " ".join(filled).split() == compose(CRANE, template, variant).split()
    # What touches the name is in its part, so the other parts begin and end at blanks.
    assert parts.name.count(" ") == 0
