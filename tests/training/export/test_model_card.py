"""The model card: every fact is on it, and missing facts are stated as missing."""

from dataclasses import replace

import pytest

from core.encoders.base import Fit, PreprocessSpec
from training.export.model_card import CardData, CardTable, Cell, ModelCard, render

CARD = ModelCard(
    name="tiny",
    fingerprint="0123456789abcdef",
    dim=24,
    model_bytes=2_140_000,
    preprocess=PreprocessSpec(288, 160, Fit.PAD, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    architecture="Two layers and a projection.",
    start="weights learned on ImageNet.",
    licences=("Weights: Apache-2.0", "Projection: MIT"),
    data=CardData(shows=12, files=1234, frames=56789, hours=20.25, split="Every fifth show was kept for the test."),
    settings=(("steps", 4000), ("rate", 0.0003), ("mirrored", True), ("warm-up", None)),
    tables=(CardTable("Held out", ("crop", "right video"), (("as cut", "98.0 %"), ("in the dark", None))),),
)


def test_every_fact_is_on_the_card() -> None:
    text = render(CARD)
    assert text.startswith(
        "# `tiny`\n\nFingerprint `0123456789abcdef`. Frames of 288 × 160 in, vectors of 24 numbers out."
    )
    for fact in (
        "2.1 MB",
        "Two layers and a projection.",
        "Start: weights learned on ImageNet.",
        "- Weights: Apache-2.0\n- Projection: MIT",
        "56,789 frames, 1,234 files, 12 shows, 20.2 hours of video. Every fifth show was kept for the test.",
        "padded to that size with the colour 124, 116, 104",
        "0.485, 0.456, 0.406",
        "0.229, 0.224, 0.225",
        "| setting | value |\n| --- | --- |\n| steps | 4,000 |\n| rate | 0.0003 |\n",
        "| mirrored | yes |\n| warm-up | not set |\n",
        "### Held out\n\n| crop | right video |\n| --- | --- |\n| as cut | 98.0 % |\n| in the dark | not measured |",
    ):
        assert fact in text
    assert text.endswith("|\n")


def test_what_is_missing_is_said() -> None:
    text = render(replace(CARD, licences=(), data=None, settings=(), tables=()))
    assert "## Licence\n\nNot stated." in text
    assert "## Data\n\nNot trained by this project" in text
    assert text.endswith("## How good it is\n\nNot measured.\n")
    assert "\n\n7 frames. By show." in render(replace(CARD, data=CardData(None, None, 7, None, "By show.")))
    assert "\n\nNot counted. By show." in render(replace(CARD, data=CardData(None, None, None, None, "By show.")))
    assert "## Training" not in text


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (None, "not measured"),
        (float("nan"), "not measured"),
        (0.0, "0"),
        (0, "0"),
        (1234567, "1,234,567"),
        (0.98765, "0.9877"),
        ("a | b\nc", "a \\| b c"),
    ],
)
def test_a_cell_stays_one_cell_and_zero_is_a_number(cell: Cell, shown: str) -> None:
    text = render(replace(CARD, tables=(CardTable("One", ("what", "how much"), (("it", cell),)),)))
    assert text.endswith(f"| it | {shown} |\n")


@pytest.mark.parametrize(
    ("fit", "words"), [(Fit.STRETCH, "are stretched"), (Fit.PAD, "padded"), (Fit.COVER, "are cut")]
)
def test_the_fit_is_told(fit: Fit, words: str) -> None:
    assert words in render(replace(CARD, preprocess=replace(CARD.preprocess, fit=fit)))


def test_a_name_cannot_leave_its_quotes() -> None:
    assert render(replace(CARD, name="a`b\n# c")).startswith("# `a'b # c`\n")
