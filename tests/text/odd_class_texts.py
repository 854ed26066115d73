"""Class texts and templates where words touch, end in marks, or hold what tokenizers read apart."""

from iclip.text.class_texts import ClassText, ClassTexts

NAMES = (
    "crane",
    "U.S. {}",
    "Great White Shark",
    " wading  crane ",
    "rock'n'roll's",
    "o'clock'",
    "(a) (b)",
    "caf\u00e9",
    "\u039f\u0394\u039f\u03a3",
    "AT&amp;T",
    "sch\u00c3\u00b6n",
    "3-in-1",
    "</s>",
    "a<mask>",
    "<start_of_text>",
    "\u4f60\u597d",
)
DESCRIPTIONS = (
    "large long-necked wading bird",
    "",
    " . ",
    "a bird (of marshes)",
    'called "crane"',
    "it is the bird's",
    "\tan  odd\u3000blank ",
    "a \u201cquoted\u201d text\u2026",
    "a & b",
    "- and so on -",
    "a < mask> <mask>",
    "one " * 40,
)
TEMPLATES = (
    "a photo of a {}.",
    "{}",
    "{}!",
    '"{}"',
    "the-{}-thing in a game!?",
    "a {} in a video game.",
    "  itap of  my {} . ",
    "une photo d\u00e9cal\u00e9e de {}.",
    "<mask> {}",
    "a ({}), isn't it?",
)


def odd_class_texts() -> ClassTexts:
    """Return every name with several descriptions."""
    rows = [
        (name, DESCRIPTIONS[(7 * i + k) % 12]) for i, name in enumerate(NAMES) for k in range(5)
    ]
    return ClassTexts(
        ClassText(f"n{number}", (name,), text) for number, (name, text) in enumerate(rows)
    )
