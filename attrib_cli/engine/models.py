"""Attribution models as data: what each position of a journey weighs, and how the rest is spread.

One formula serves all models (attribution spec, section 4): an interaction's raw weight is the sum of the weights of
the positions it holds, or, if it holds none that weighs, its part of the rest; shares are raw weights divided by their
sum over the journey.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from typing import Literal

from attrib_cli.engine.conversions import ReportType
from attrib_cli.engine.errors import ConfigError, UsageError, did_you_mean
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.settings import CustomModel, Settings
from attrib_cli.engine.spec import Game, PositionWeight, ReportSpec

POSITIONS = ("first", "lead", "deal", "last", "same")
"""Key positions in the order in which a label names them; position i is bit ``1 << i`` of every mask."""

SHOWN_POSITIONS = POSITIONS[:-1]
"""Positions that rows show; ``same`` is that of ``last`` where it was on the conversion's own day."""

WEIGHT_DIGITS = 6
"""Weights of custom models may have this many decimals, so that all weights are whole numbers once scaled."""

SAME = 1 << POSITIONS.index("same")
"""The bit of the position ``same``."""

LAST = 1 << POSITIONS.index("last")
"""The bit of the position ``last``."""

ALWAYS_FILLED = 1 << POSITIONS.index("first") | LAST
"""The positions that every journey with interactions has, as bits."""

EstimationOption = Literal["order", "game"]


@frozen
class Model:
    """One model: `weights` over the positions, the weight of the `rest` and how that is spread (`kernel`).

    `types` names the report types it is offered for; empty means every type that has all its positions.
    `half_life` is the model's own; None takes that of the request. Data-driven models (`estimated`) have no weights:
    their kernel is estimated from the journeys, of which they need the `counts` of steps (windows of states) or of
    coalitions (sets of states); under the game `split_under` it is an equal split without an estimate. `estimator` is
    the ``module:class`` of `engine.data_driven` that estimates it (see `interface` there), and `asks` names the options
    that it depends on beyond those of all estimates. `by_name` says that ``all`` does not ask for it. `of_rows`
    says that it credits every row with the whole value of the conversions that an interaction of the row led to, so
    that rows do not sum.
    """

    name: str
    description: str
    weights: Mapping[str, Decimal] = field(default_factory=dict)
    rest: Decimal = Decimal(0)
    kernel: Literal["equal", "decay", "estimated"] = "equal"
    half_life: dt.timedelta | None = None
    aliases: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    custom: bool = False
    counts: Literal["steps", "coalitions"] | None = None
    split_under: Game | None = None
    estimator: str | None = None
    asks: tuple[EstimationOption, ...] = ()
    by_name: bool = False
    of_rows: bool = False

    @property
    def estimated(self) -> bool:
        """Whether the model is data-driven: what it weighs is estimated from the journeys."""
        return self.kernel == "estimated"

    @property
    def kind(self) -> Literal["rule", "custom", "data-driven"]:
        """What sort of model it is: a rule of the catalogue, one of the configuration, or one that is estimated."""
        return "data-driven" if self.estimated else "custom" if self.custom else "rule"

    @property
    def mask(self) -> int:
        """The positions that weigh something, as bits."""
        return sum(1 << i for i, position in enumerate(POSITIONS) if self.weights.get(position))

    @property
    def scripted(self) -> bool:
        """Whether the script of a page can compute it, from positions that rows show, ages and lengths."""
        return not (self.estimated or self.of_rows or self.mask & SAME)

    @property
    def weighs_all(self) -> bool:
        """Whether it gives weight to something in every journey, so that none with interactions is unattributed."""
        return bool(self.rest or self.mask & ALWAYS_FILLED)

    @property
    def positions(self) -> tuple[str, ...]:
        """The positions that weigh something, in order."""
        return tuple(position for position in POSITIONS if self.weights.get(position))

    def whole_weights(self) -> tuple[tuple[int, ...], int]:
        """Return the weights of the four positions and of the rest as whole numbers without a common divisor."""
        scaled = [int(self.weights.get(position, Decimal(0)).scaleb(WEIGHT_DIGITS)) for position in POSITIONS]
        rest = int(self.rest.scaleb(WEIGHT_DIGITS))
        divisor = math.gcd(*scaled, rest) or 1
        return tuple(weight // divisor for weight in scaled), rest // divisor

    def misfit(self, report_type: ReportType) -> str | None:
        """Say why the model is not offered for `report_type`, or return None where it is."""
        missing = [position for position in self.positions if position not in (*report_type.positions, "same")]
        if missing:
            return f"it weighs the position '{missing[0]}', which {report_type.name} conversions do not have"
        if self.types and report_type.name not in self.types:
            return f"it is offered for {' and '.join(self.types)} reports only"
        return None


def _weights(**weights: str) -> dict[str, Decimal]:
    return {position: Decimal(weight) for position, weight in weights.items()}


CATALOGUE: tuple[Model, ...] = (
    Model(
        name="first",
        description="All credit to the first interaction",
        weights=_weights(first="100"),
        aliases=("first-interaction", "first-touch"),
    ),
    Model(
        name="last",
        description="All credit to the last interaction before the conversion",
        weights=_weights(last="100"),
        aliases=("last-interaction", "last-touch"),
    ),
    Model(name="linear", description="The same credit to every interaction", rest=Decimal(100)),
    Model(
        name="u-shaped",
        description="40 % first, 40 % lead creation, 20 % spread over the rest",
        weights=_weights(first="40", lead="40"),
        rest=Decimal(20),
        aliases=("position-based",),
    ),
    Model(
        name="w-shaped",
        description="30 % first, 30 % lead creation, 30 % deal creation, 10 % spread over the rest",
        weights=_weights(first="30", lead="30", deal="30"),
        rest=Decimal(10),
    ),
    Model(
        name="full-path",
        description="22.5 % each to first, lead creation, deal creation and last, 10 % spread over the rest",
        weights=_weights(first="22.5", lead="22.5", deal="22.5", last="22.5"),
        rest=Decimal(10),
        types=("revenue",),
    ),
    Model(
        name="time-decay",
        description="Credit halves with every half-life (7 days unless said otherwise) before the conversion",
        rest=Decimal(100),
        kernel="decay",
    ),
    Model(
        name="j-shaped",
        description="20 % first, 60 % last, 20 % spread over the rest",
        weights=_weights(first="20", last="60"),
        rest=Decimal(20),
    ),
    Model(
        name="inverse-j-shaped",
        description="60 % first, 20 % last, 20 % spread over the rest",
        weights=_weights(first="60", last="20"),
        rest=Decimal(20),
    ),
    Model(
        name="same-touch",
        description="All credit to the last interaction where it was on the conversion's own day, else to none",
        weights=_weights(same="100"),
        aliases=("same-day",),
        by_name=True,
    ),
    Model(
        name="participation",
        description="The whole conversion to every row that an interaction of it is in: rows do not sum",
        rest=Decimal(100),
        by_name=True,
        of_rows=True,
    ),
    Model(
        name="markov",
        description="By how many conversions would be lost without it (removal effect of a Markov chain)",
        rest=Decimal(100),
        kernel="estimated",
        counts="steps",
        estimator="markov_model:MarkovEstimator",
        asks=("order",),
        aliases=("markov-chain", "removal-effect"),
    ),
    Model(
        name="shapley",
        description="By what it adds to every mix of others (Shapley value)",
        rest=Decimal(100),
        kernel="estimated",
        counts="coalitions",
        estimator="shapley_model:ShapleyEstimator",
        asks=("game",),
        split_under="conversions",
        aliases=("shapley-value",),
    ),
)


def chain_model() -> Model:
    """Return the model that counts the steps of journeys, which transition matrices and paths are made of."""
    return next(model for model in CATALOGUE if model.counts == "steps")


def fold(name: str) -> str:
    """Return `name` as model names are compared: without case, ``-`` and ``_`` and blanks alike."""
    return "-".join(name.strip().casefold().replace("_", " ").replace("-", " ").split())


def any_data_driven(names: Sequence[str]) -> bool:
    """Return whether one of these names, by any alias and in any case, is that of a model that is estimated."""
    asked = {fold(name) for name in names}
    return any(asked & {model.name, *model.aliases} for model in CATALOGUE if model.estimated)


def known_models(custom: Sequence[CustomModel] = ()) -> tuple[Model, ...]:
    """Return the catalogue followed by the models of the configuration.

    Raises ConfigError for a model whose name is taken, that weighs an unknown position or gives no weight at all.
    """
    models = list(CATALOGUE)
    for model in custom:
        taken = {fold(name) for known in models for name in (known.name, *known.aliases)} | {"all"}
        if fold(model.name) in taken:
            raise ConfigError(f"the model name '{model.name}' is taken", place=model.place, hint="Choose another name.")
        for position, weight in (*model.weights.items(), ("rest", model.rest)):
            if position not in (*POSITIONS, "rest"):
                raise ConfigError(
                    f"model '{model.name}' weighs an unknown position '{position}'",
                    place=model.place,
                    hint=did_you_mean(position, POSITIONS) or f"Positions are {', '.join(POSITIONS)}.",
                )
            if not weight.is_finite() or weight < 0 or weight != round(weight, WEIGHT_DIGITS) or weight > 10**6:
                raise ConfigError(
                    f"model '{model.name}': the weight of {position} is {weight}",
                    place=model.place,
                    hint=f"Weights are numbers from 0 to 1000000 with at most {WEIGHT_DIGITS} decimals.",
                )
        if not any(model.weights.values()) and not model.rest:
            raise ConfigError(
                f"model '{model.name}' gives no weight to anything",
                place=model.place,
                hint="Give at least one position, or the rest, a weight above 0.",
            )
        models.append(
            Model(
                name=model.name,
                description=model.description or "A model of the configuration",
                weights=dict(model.weights),
                rest=model.rest,
                kernel=model.kernel,
                half_life=model.half_life,
                custom=True,
            )
        )
    return tuple(models)


def typed_model(weights: Sequence[PositionWeight]) -> CustomModel:
    """Return the model that gives positions these weights; it is called by them: ``first=30 last=70``."""
    by_position = {one.position: one for one in weights}
    given = [by_position[position] for position in (*POSITIONS, "rest") if position in by_position]
    return CustomModel(
        name=" ".join(map(str, given)),
        weights={one.position: one.weight for one in given if one.position != "rest"},
        rest=next((one.weight for one in given if one.position == "rest"), Decimal(0)),
        description="Weights that were typed for this report",
    )


def without_misfits(
    names: Sequence[str], report_type: ReportType, custom: Sequence[CustomModel] = ()
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return those of `names` that a report type can have, and the models among them that it does not offer."""
    by_name = {fold(name): model for model in known_models(custom) for name in (model.name, *model.aliases)}
    gone = {name: by_name[fold(name)] for name in names if fold(name) in by_name}
    gone = {name: model for name, model in gone.items() if model.misfit(report_type) is not None}
    return tuple(name for name in names if name not in gone), tuple(dict.fromkeys(m.name for m in gone.values()))


def choose_for_types(
    names: Sequence[str], types: Sequence[ReportType], custom: Sequence[CustomModel] = ()
) -> tuple[Model, ...]:
    """Return the models called `names` that one of several report types offers, each once.

    Raises UsageError for a name that none of the types offers, and for a type that offers none of the names.
    """
    kept = [without_misfits(names, kind, custom)[0] for kind in types]
    for name in names:
        if not any(name in own for own in kept):
            choose_models((name,), types[0], custom)
    found: dict[str, Model] = {}
    for kind, own in zip(types, kept, strict=True):
        found |= {model.name: model for model in choose_models(own or names, kind, custom)}
    return tuple(found.values())


def of_interactions(names: Sequence[str]) -> tuple[str, ...]:
    """Return `names` with those of models that credit rows as ``linear``, under which the same interactions earn."""
    return tuple(dict.fromkeys("linear" if credits_rows(name) else name for name in names))


def credits_rows(name: str) -> bool:
    """Return whether the model of this name, by any alias and in any case, credits rows with whole conversions."""
    return any(fold(name) in {model.name, *model.aliases} for model in CATALOGUE if model.of_rows)


def refuse_credits_of_rows(models: Sequence[Model]) -> None:
    """Raise UsageError where a model credits rows with whole conversions, which have no parts to account for."""
    for model in models:
        if model.of_rows:
            raise UsageError(
                f"{model.name} credits the rows of a report, and no interaction earns a part to be accounted for",
                hint="Ask for other models; `attrib explain` shows the conversions behind a row under any.",
                place="--model",
            )


def models_of(spec: ReportSpec, report_type: ReportType, settings: Settings) -> tuple[Model, ...]:
    """Return the models of a report, those of the configuration and its own included; raises as `choose_models`."""
    return choose_models(spec.models, report_type, (*settings.models, *spec.own_models))


def choose_models(
    names: Sequence[str], report_type: ReportType, custom: Sequence[CustomModel] = ()
) -> tuple[Model, ...]:
    """Return the models called `names`, by any alias and in any case, each once, in order.

    ``all`` means every model offered that is a rule, but for those that are asked `by_name`, as data-driven ones are.

    Raises UsageError for an unknown name and for a model that the report type does not offer, with those that fit.
    """
    models = known_models(custom)
    offered = tuple(model for model in models if model.misfit(report_type) is None)
    by_name = {fold(name): model for model in models for name in (model.name, *model.aliases)}
    chosen: dict[str, Model] = {}
    for name in names:
        if fold(name) == "all":
            chosen.update((m.name, m) for m in offered if not (m.estimated or m.by_name) and m.name not in chosen)
            continue
        model = by_name.get(fold(name))
        if model is None:
            raise UsageError(
                f"there is no model '{name}'",
                hint=did_you_mean(fold(name), [*by_name, "all"])
                or f"Models of a {report_type.name} report: {', '.join(m.name for m in offered)}, or all.",
            )
        reason = model.misfit(report_type)
        if reason is not None:
            raise UsageError(
                f"the model '{model.name}' does not fit a {report_type.name} report: {reason}",
                hint=f"Models that fit: {', '.join(m.name for m in offered)}.",
            )
        chosen.setdefault(model.name, model)
    if not chosen:
        raise UsageError("no model was named", hint=f"Models: {', '.join(m.name for m in offered)}, or all.")
    return tuple(chosen.values())
