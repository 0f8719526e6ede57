"""How credit is weighed beyond positions: by age, or by states whose weights are estimated from the journeys."""

from __future__ import annotations

import re
from collections.abc import Sequence

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.spec import Game


@frozen
class Kernel:
    """How the rest of a journey is spread by age: `half_life` in microseconds, over interactions outside `mask`."""

    half_life: int
    mask: int


@frozen
class EstimatedKernel:
    """The rest of a journey is spread by weights of states that are estimated, and scaled to the states' totals."""

    model: str


@frozen
class SplitKernel:
    """A journey is split equally between its distinct states, and a state's part between its interactions there."""


AnyKernel = Kernel | EstimatedKernel | SplitKernel


@frozen
class EstimationSettings:
    """How data-driven models are estimated, see `EstimationSpec`; `states` are fields of interactions and campaigns."""

    states: tuple[Field, ...]
    order: int
    non_converting: bool
    game: Game
    seed: int

    @property
    def by_campaign(self) -> bool:
        """Whether the campaign, or a column of it, is among what makes a state."""
        return any(field.level == "campaign" for field in self.states)

    def value_column(self, number: int) -> str:
        """The column of the value of a state's field, as it stands in the touchpoints: ``channel_value``."""
        if self.states[number].level == "campaign":
            return "campaign_key"
        return f"{plain_names([field.name for field in self.states], 'state')[number]}_value"

    @property
    def label_columns(self) -> tuple[str, ...]:
        """The columns of the texts of a state, one for each field: ``channel_label``."""
        return tuple(f"{name}_label" for name in plain_names([field.name for field in self.states], "state"))

    @property
    def state_label(self) -> str:
        """The SQL of the text of a state, from the `label_columns`."""
        return " || ' / ' || ".join(self.label_columns) or "'everything'"

    def knows(self, field: Field) -> bool:
        """Whether a field is known of every state."""
        told = any(field.place == own.place and own.groups in (None, field.groups) for own in self.states)
        return told or (field.level == "campaign" and any(s.level == "campaign" and not s.groups for s in self.states))


@frozen
class StateWeights:
    """What a state weighs in a period, under each `EstimatedKernel`: for conversions and for their amount.

    Grain: one for each period and state. `weights` are whole numbers that compare within a journey; `totals` are what
    the state is credited with in all, in 10^-12 conversions and currency units.
    """

    period: int
    state: int
    weights: tuple[tuple[int, int], ...]
    totals: tuple[tuple[int, int], ...]


@frozen
class DrawnPeriod:
    """What the intervals of data-driven models share out in a period: its conversions and their value in millionths.

    Of conversions with interactions. The shares are staged: ``draws`` has that of every state in every replicate under
    every model (period, model_number, state, replicate, counts, amounts), in 10^-12 parts; ``draw_totals`` what each
    replicate draws to be shared out (period, replicate, conversions, worth).
    """

    period: int
    conversions: int
    worth: int


def plain_names(names: Sequence[str], otherwise: str) -> list[str]:
    """Return names as SQL has them without quotes; those that look alike are told apart by number."""
    plain = [re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or otherwise for name in names]
    plain = [f"_{name}" if name[0].isdigit() else name for name in plain]
    return [name if plain.count(name) == 1 else f"{name}_{number}" for number, name in enumerate(plain, 1)]
