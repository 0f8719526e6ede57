"""How the text of a value becomes what it means, where that is a word of the engine's: a period, a measure, a model."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from attrib_cli.config.schema.markers import WrongValue, kind
from attrib_cli.config.schema.parsers import name, names, texts, whole_number, word
from attrib_cli.engine.conversions import choose_type
from attrib_cli.engine.errors import AttribError, did_you_mean
from attrib_cli.engine.estimation import MAX_ORDER, parse_confidence
from attrib_cli.engine.filters import parse_filter
from attrib_cli.engine.measures import BY_NAME
from attrib_cli.engine.models import CATALOGUE, fold
from attrib_cli.engine.periods import find_period, parse_day, parse_duration

Found = TypeVar("Found")


def duration(value: object) -> dt.timedelta:
    """Read a length of time."""
    return _by_engine(parse_duration, value)


def order(value: object) -> int:
    """Read the order of a Markov chain."""
    found = whole_number(value)
    if found > MAX_ORDER:
        raise WrongValue(f"{found} is no order of a Markov chain", hint=f"Use 1 to {MAX_ORDER}.")
    return found


def confidence(value: object) -> Decimal:
    """Read a confidence between 0 and 1, which may be written in percent."""
    return _by_engine(parse_confidence, value)


def period(value: object) -> str:
    """Read the name of a period, as its canonical name."""
    return _by_engine(find_period, value).name


def day(value: object) -> str:
    """Read a day, or a word for one that depends on the day of the run."""
    _by_engine(lambda written: parse_day(written, today=dt.date.min.replace(day=2)), value)
    return word(value)


def report_type(value: object) -> str:
    """Read a report type, as its canonical name."""
    return _by_engine(choose_type, value).name


def measures(value: object) -> tuple[str, ...]:
    """Read a list of measures; whether the report type has them is known only when a report is run."""
    found = names(value)
    for i, measure in enumerate(found):
        folded = fold(measure).replace("-", "_")
        if folded not in (*BY_NAME, "default", "all"):
            hint = did_you_mean(folded, BY_NAME) or f"Measures: {', '.join(BY_NAME)}."
            raise WrongValue(f"there is no measure '{measure}'", hint=hint, at=(i,) if isinstance(value, list) else ())
    return found


def filters(value: object) -> tuple[str, ...]:
    """Read a list of filters; whether the data have their columns is known only when a report is run."""
    found = texts(value)
    for i, one in enumerate(found):
        try:
            parse_filter(one)
        except AttribError as error:
            at = (i,) if isinstance(value, list) else ()
            raise WrongValue(error.message, hint=error.hint, at=at) from None
    return found


def model_name(value: object) -> str:
    """Read the name of a custom model, which can be typed after --model and is not one of the program's own."""
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


LEFT_OUT = (
    *("type", "model", "by", "campaign", "period", "lookback", "half_life", "where", "eligible", "measure", "sort"),
    *("states", "order", "game", "non_converting", "confidence", "seed", "transitions"),
    *("limit", "compare", "format", "output", "excel_safe", "today", "data"),
)
"""Keys that a request can leave out of what it is laid over; with the period go its first and last day."""


def left_out(value: object) -> tuple[str, ...]:
    """Read a list of options, with or without dashes, that are not to be taken from elsewhere; returns their keys."""
    found = []
    for i, one in enumerate(names(value)):
        key = one.casefold().strip("- ").replace("-", "_")
        if key not in LEFT_OUT:
            known = [name.replace("_", "-") for name in LEFT_OUT]
            hint = did_you_mean(key.replace("_", "-"), known) or f"Options: {', '.join(known)}."
            raise WrongValue(f"there is no option '{one}'", hint=hint, at=(i,) if isinstance(value, list) else ())
        found.append(key)
    return tuple(dict.fromkeys(found))


def _by_engine(function: Callable[[str], Found], value: object) -> Found:
    try:
        return function(name(value))
    except AttribError as error:
        raise WrongValue(error.message, hint=error.hint) from None
