from __future__ import annotations

import pytest

from diplotone.model.article.inflection import verb_forms


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        ("condemn", "condemn condemns condemned condemning"),
        ("deplore", "deplore deplores deplored deploring"),
        ("deny", "deny denies denied denying"),
        ("convey", "convey conveys conveyed conveying"),
        ("reproach", "reproach reproaches reproached reproaching"),
        ("express", "express expresses expressed expressing"),
        ("slap", "slap slaps slapped slapping"),
        ("fail", "fail fails failed failing"),
        ("view", "view views viewed viewing"),
        ("agree", "agree agrees agreed agreeing"),
        ("die", "die dies died dying"),
        ("suspend", "suspend suspends suspended suspending"),
    ],
)
def test_regular_verbs(verb, forms):
    assert verb_forms(verb) == tuple(forms.split())


def test_what_the_rules_do_not_give_is_declared():
    assert verb_forms("regret", doubling={"regret"}) == ("regret", "regrets", "regretted", "regretting")
    assert verb_forms("take", irregular={"take": ["takes", "took"]}) == ("take", "takes", "took")
