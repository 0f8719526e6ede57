"""How the data-driven models of random cases are estimated."""

from __future__ import annotations

import random

from fitted_reference import Fitted
from strategies import Case

from attrib_cli.engine.spec import EstimationSpec

STATES = (("channel",), ("campaign",), ("asset_title",), ("campaign", "channel"), ("interaction_type", "asset_type"))
INTERACTION = ("campaign", "channel", "asset_type", "interaction_type", "asset_title", "owner")


def fitted(case: Case) -> tuple[Fitted, EstimationSpec]:
    """How the models of a case are estimated, as the reference and as the engine take it."""
    dice = random.Random(case.seed + 1)
    asked = dice.choice([(), (), *STATES])
    states = asked or tuple(name for name in case.ask.by if name in INTERACTION) or ("campaign",)
    fit = Fitted(
        models=tuple(dice.sample(["markov", "shapley"], dice.randint(1, 2))),
        states=states,
        order=dice.choice([1, 1, 2, 3, 4]),
        game=dice.choice(["conversions", "rate", "rate"]),
        non_converting=dice.random() < 0.8,
    )
    spec = EstimationSpec(states=asked, order=fit.order, game=fit.game, non_converting=fit.non_converting)  # type: ignore[arg-type]
    return fit, spec
