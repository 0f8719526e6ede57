"""How the text of a value becomes what it means, where that is a word of the engine's: a period, a measure, a model."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from attrib_cli.config.schema.markers import WrongValue, kind
from attrib_cli.config.schema.parsers import name, names, texts, weight, whole_number, word
from attrib_cli.engine.errors import AttribError, did_you_mean
from attrib_cli.engine.source_spec import Filter
from attrib_cli.engine.spec import Game, PositionWeight

Found = TypeVar("Found")


def duration(value: object) -> dt.timedelta:
    """Read a length of time."""
    from attrib_cli.engine.periods import parse_duration

    return _by_engine(parse_duration, value)


def half_life(value: object) -> dt.timedelta | Decimal:
    """Read a half-life: a length of time, or a part of the look-back window in per cent."""
    if not (isinstance(value, str) and value.strip().endswith("%")):
        return duration(value)
    number = value.strip().removesuffix("%").strip()
    try:
        part = Decimal(number) / 100
    except InvalidOperation:
        part = Decimal(0)
    if not (part.is_finite() and 0 < part <= 10):
        raise WrongValue(f"'{value}' is no part of the look-back window", hint="Write a length, 7d, or a part, 50%.")
    return part


def order(value: object) -> int:
    """Read the order of a Markov chain."""
    from attrib_cli.engine.estimation import MAX_ORDER

    found = whole_number(value)
    if found > MAX_ORDER:
        raise WrongValue(f"{found} is no order of a Markov chain", hint=f"Use 1 to {MAX_ORDER}.")
    return found


def confidence(value: object) -> Decimal:
    """Read a confidence between 0 and 1, which may be written in percent."""
    from attrib_cli.engine.estimation import parse_confidence

    return _by_engine(parse_confidence, value)


def game(value: object) -> Game:
    """Read what a coalition is worth to Shapley."""
    from attrib_cli.engine.estimation import parse_game

    return _by_engine(parse_game, value)


def comparison(value: object) -> str:
    """Read what figures are compared with, as its canonical name: ``previous-year``, or ``year`` for short."""
    from attrib_cli.engine.comparisons import choose_comparison

    return _by_engine(choose_comparison, value).name


def period(value: object) -> str:
    """Read the name of a period, as its canonical name."""
    from attrib_cli.engine.periods import find_period

    return _by_engine(find_period, value).name


def day(value: object) -> str:
    """Read a day, or a word for one that depends on the day of the run."""
    from attrib_cli.engine.periods import parse_day

    _by_engine(lambda written: parse_day(written, today=dt.date.min.replace(day=2)), value)
    return word(value)


def report_type(value: object) -> str:
    """Read a report type, or several, as their canonical names separated by commas.

    Whether the configuration has one of its own is known later.
    """
    from attrib_cli.engine.conversions import CATALOGUE, fold_type

    aliases = {name: kind.name for kind in CATALOGUE for name in (kind.name, *kind.aliases)}
    return ",".join(dict.fromkeys(aliases.get(fold_type(one), fold_type(one)) for one in names(value)))


def conversion_name(value: object) -> str:
    """Read the name of a kind of conversion of the configuration, which can be typed after --type."""
    from attrib_cli.engine.conversions import CATALOGUE, fold_type

    found = word(value)
    folded = fold_type(found)
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", folded):
        hint = "Use letters, digits and '-', and begin with a letter: demo-booked."
        raise WrongValue(f"{kind(value)} cannot be the name of a kind of conversion", hint=hint)
    if found != folded:
        raise WrongValue(f"{kind(value)} is not in lower case with '-' between words", hint=f"Write '{folded}'.")
    for own in CATALOGUE:
        if folded in (own.name, *own.aliases):
            raise WrongValue(f"the name is that of the built-in report type '{own.name}'", hint="Choose another name.")
    if folded in ("campaign", "report", "all"):
        raise WrongValue(f"the name '{folded}' has another meaning", hint="Choose another name.")
    return found


def measures(value: object) -> tuple[str, ...]:
    """Read a list of measures; whether the report type has them is known only when a report is run."""
    from attrib_cli.engine.measures import BY_NAME
    from attrib_cli.engine.models import fold

    found = names(value)
    for i, measure in enumerate(found):
        folded = fold(measure).replace("-", "_")
        if folded not in (*BY_NAME, "default", "all"):
            hint = did_you_mean(folded, BY_NAME) or f"Measures: {', '.join(BY_NAME)}."
            raise WrongValue(f"there is no measure '{measure}'", hint=hint, at=(i,) if isinstance(value, list) else ())
    return found


def filters(value: object) -> tuple[Filter, ...]:
    """Read a list of filters; whether the data have their columns is known only when a report is run."""
    from attrib_cli.engine.filters import parse_filter

    found = []
    for i, one in enumerate(texts(value)):
        try:
            found.append(parse_filter(one))
        except AttribError as error:
            at = (i,) if isinstance(value, list) else ()
            raise WrongValue(error.message, hint=error.hint, at=at) from None
    return tuple(found)


def weights(value: object) -> tuple[PositionWeight, ...]:
    """Read what positions weigh in a model of one report: ``first=30,last=70``; at least one is above 0."""
    from attrib_cli.engine.models import POSITIONS

    known = (*POSITIONS, "rest")
    found: dict[str, PositionWeight] = {}
    for i, one in enumerate(names(value)):
        at = (i,) if isinstance(value, list) else ()
        position, sign, written = (part.strip() for part in one.partition("="))
        if not sign:
            raise WrongValue(f"{kind(one)} is not the weight of a position", hint="Write first=30,last=70.", at=at)
        folded = position.casefold()
        if folded not in known:
            hint = did_you_mean(folded, known) or f"Positions are {', '.join(known)}."
            raise WrongValue(f"there is no position {kind(position)}", hint=hint, at=at)
        if folded in found:
            raise WrongValue(f"the position '{folded}' is there twice", hint="Give it one weight.", at=at)
        try:
            found[folded] = PositionWeight(position=folded, weight=weight(written))
        except WrongValue as error:
            raise WrongValue(f"{folded}: {error.message}", hint=error.hint, at=at) from None
    if not any(one.weight for one in found.values()):
        hint = "Give at least one position, or the rest, a weight above 0: first=30,last=70."
        raise WrongValue("the weights give no credit to anything", hint=hint)
    return tuple(found.values())


def dimension_name(value: object) -> str:
    """Read the name of a dimension of one's own, which can be typed after --by and is not one of the program's own."""
    from attrib_cli.engine.buckets import find_bucket
    from attrib_cli.engine.dimensions import DESCRIPTIONS
    from attrib_cli.engine.journey_values import find_journey_value

    found = word(value)
    if not re.fullmatch(r"[^\W\d_][\w -]*", found):
        raise WrongValue(
            f"{kind(value)} cannot be the name of a dimension", hint="Use letters, digits, '_', '-' and blanks."
        )
    folded = found.casefold().replace("-", "_").replace(" ", "_")
    if folded in (*DESCRIPTIONS, "model") or find_bucket(folded) is not None or find_journey_value(folded) is not None:
        raise WrongValue(f"the name is that of the dimension '{folded}'", hint="Choose another name.")
    return found


def model_name(value: object) -> str:
    """Read the name of a custom model, which can be typed after --model and is not one of the program's own."""
    from attrib_cli.engine.models import CATALOGUE, fold

    found = word(value)
    if not re.fullmatch(r"[^\W_][\w. -]*", found):
        raise WrongValue(
            f"{kind(value)} cannot be the name of a model", hint="Use letters, digits, '-', '_', '.' and blanks."
        )
    for model in CATALOGUE:
        if fold(found) in (model.name, *model.aliases):
            raise WrongValue(f"the name is that of the built-in model '{model.name}'", hint="Choose another name.")
    if fold(found) == "all":
        raise WrongValue("the name 'all' means every model", hint="Choose another name.")
    return found


def left_out(value: object) -> tuple[str, ...]:
    """Read a list of options, with or without dashes, that are not to be taken from elsewhere; returns their fields."""
    from attrib_cli.config.schema.report_options import left_out_options

    found = []
    for i, one in enumerate(names(value)):
        key = one.casefold().strip("- ").replace("-", "_")
        if key not in left_out_options():
            known = [name.replace("_", "-") for name in left_out_options()]
            hint = did_you_mean(key.replace("_", "-"), known) or f"Options: {', '.join(known)}."
            raise WrongValue(f"there is no option '{one}'", hint=hint, at=(i,) if isinstance(value, list) else ())
        found.append(key)
    return tuple(dict.fromkeys(found))


def _by_engine(function: Callable[[str], Found], value: object) -> Found:
    try:
        return function(name(value))
    except AttribError as error:
        raise WrongValue(error.message, hint=error.hint) from None
