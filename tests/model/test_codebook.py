from __future__ import annotations

import itertools

import pytest

from diplotone.model.codebook import SIDES, Codebook
from diplotone.model.errors import CodebookError

LIGHT_PAGE, DARK_PAGE = "#ffffff", "#0b0f19"


def _channels(colour: str) -> list[float]:
    """Linear light of red, green, blue (sRGB, IEC 61966-2-1)."""
    values = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    return [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]


def _contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2.1."""
    light = sorted(
        (0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in map(_channels, (one, other))), reverse=True
    )
    return (light[0] + 0.05) / (light[1] + 0.05)


def _as_seen_without_red_cones(colour: str) -> list[float]:
    """Protanopia (Viénot, Brettel, Mollon 1999), linear light."""
    r, g, b = _channels(colour)
    shared = 0.11238 * r + 0.88762 * g
    return [shared, shared, 0.00401 * r - 0.00401 * g + b]


def _as_seen_without_green_cones(colour: str) -> list[float]:
    """Deuteranopia (Viénot, Brettel, Mollon 1999), linear light."""
    r, g, b = _channels(colour)
    shared = 0.29275 * r + 0.70725 * g
    return [shared, shared, -0.02234 * r + 0.02234 * g + b]


def test_holds_the_four_tasks_in_order(codebook):
    assert codebook["sentiment"].names == ("negative", "neutral", "positive")
    assert codebook["tone"].names == ("hostile", "critical", "neutral", "cooperative", "conciliatory")
    assert codebook["tone"].scores == (-2, -1, 0, 1, 2)
    assert codebook["stance"].names == ("opposed", "neutral", "supportive")
    assert len(codebook["act"]) == 17


def test_act_scores_and_sides_are_plovers(codebook):
    act = codebook["act"]
    assert (act["ASSAULT"].score, act["RETREAT"].score, act["NONE"].score) == (-9.3, 7.6, 0)
    for label in act.labels:
        assert label.side in SIDES
        cooperation = (label.side or "").endswith("cooperation")
        assert (label.score > 0) == cooperation, label.name


def test_every_label_is_explained(codebook):
    for task in codebook:
        for label in task.labels:
            assert label.definition.endswith(".")
            assert len(label.examples) >= 2
            assert label.near_miss.label in task.names
            assert label.near_miss.label != label.name
            if task.level == "pair":
                assert all(example.count("[") >= 2 for example in label.examples)


def test_examples_stand_under_one_label_only(codebook):
    for task in codebook:
        texts = [text for label in task.labels for text in label.examples]
        assert len(texts) == len(set(texts))


@pytest.mark.parametrize(("shade", "page"), [("light", LIGHT_PAGE), ("dark", DARK_PAGE)])
def test_colours_are_legible(codebook, shade, page):
    for task in codebook:
        for label in task.labels:
            assert _contrast(getattr(label, shade), page) >= 4.5, (task.name, label.name)


@pytest.mark.parametrize("shade", ["light", "dark"])
@pytest.mark.parametrize("seen", [_channels, _as_seen_without_red_cones, _as_seen_without_green_cones])
def test_the_two_sides_differ_for_every_reader(codebook, shade, seen):
    """Bad, neutral and good colours of the ordinal tasks are apart in hue for colour-blind readers too."""
    for task in codebook:
        if not task.ordinal:
            continue
        for one, other in itertools.combinations(task.labels, 2):
            if (one.score > 0) == (other.score > 0) and (one.score < 0) == (other.score < 0):
                continue  # two steps of one side are told apart by their marks
            a, b = seen(getattr(one, shade)), seen(getattr(other, shade))
            distance = sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5
            assert distance > 0.12, (task.name, one.name, other.name)


def test_marks_tell_the_steps_of_a_scale_apart(codebook):
    for task in codebook:
        if task.ordinal:
            marks = [label.mark for label in task.labels]
            assert len(marks) == len(set(marks))


def test_an_unknown_label_is_answered_with_the_known_ones(codebook):
    with pytest.raises(CodebookError, match='tone: "angry" is not one of hostile, critical'):
        codebook["tone"].index("angry")
    with pytest.raises(CodebookError, match='"mood" is not one of the tasks'):
        codebook["mood"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('version = "1.1"', "version = 1", "needs a version"),
        ("[stance]", "[attitude]", "needed are exactly sentiment, tone, stance, act"),
        ("score = 4.2", 'score = "high"', "score is 'high'; it must be a float"),
        ('side = "verbal cooperation"', 'side = "friendly"', 'side "friendly" is not one of'),
        ('name = "hostile"', 'name = "critical"', "two or more different ones"),
        ('definition = "Harm', 'definitoin = "Harm', "unknown definitoin; known are name"),
        ("score = -2\n", "score = 9\n", "by rising score"),
        ('level = "pair"', 'level = "sentence"', "this task labels a pair"),
        ("[sentiment]", "[sentiment", "not valid TOML"),
    ],
)
def test_a_broken_codebook_says_what_is_wrong(codebook, tmp_path, old, new, message):
    assert old in codebook.toml
    path = tmp_path / "codebook.toml"
    path.write_text(codebook.toml.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CodebookError, match=message) as raised:
        Codebook.load(path)
    assert str(path) in str(raised.value)


def test_a_missing_codebook_is_named(tmp_path):
    with pytest.raises(CodebookError, match=r"nowhere\.toml"):
        Codebook.load(tmp_path / "nowhere.toml")
