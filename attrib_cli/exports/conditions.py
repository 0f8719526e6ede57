"""Conditions under which something is sent: ``revenue change < -20%``, ``contacts for Email > 100``.

A condition compares figures of reports with numbers. It is read, and held against what is asked for, before anything is
computed; a figure that is missing then counts as met, since it cannot say that all is well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.measure import DIFFERENCE, POINTS
from attrib_cli.output.figures import in_percent
from attrib_cli.terminal.console import printable

if TYPE_CHECKING:
    from attrib_cli.engine.measure import Measure
    from attrib_cli.engine.settings import Settings
    from attrib_cli.engine.spec import ReportSpec

PLACE = "--notify-when"
EXAMPLE = "Such as 'revenue change < -20%', 'contacts for Email > 100' or 'roi < 0 for any row'."
Operator: TypeAlias = Literal["<", "<=", ">", ">=", "=", "!="]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<quoted>"[^"]*"|'[^']*')
      | (?P<operator><=|>=|==|!=|<>|[<>=≤≥≠])
      | (?P<comma>,)
      | (?P<number>[-+−]?(?:\d[\d,_]*)?\d(?:\.\d+)?)(?P<unit>\s*(?:%|points\b|pp\b))?(?=[\s<>=]|$)
      | (?P<word>[^\s<>=!≤≥≠"',]+)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_OPERATORS: dict[str, Operator] = {
    "<": "<", "<=": "<=", "≤": "<=", ">": ">", ">=": ">=", "≥": ">=", "=": "=", "==": "=",
    "!=": "!=", "<>": "!=", "≠": "!=",
}  # fmt: skip
ANY_ROW = "\0any"
"""What stands for any row, and is no name."""

_PARTS = ("change", "for", "under", "in")


@frozen
class Comparison:
    """A figure and what it is compared with.

    The figure is that of `measure`, or its `change`, in the report called `report` (None: the only one), in the row of
    these dimensions (`row`, None for the total) or in `any_row`, under `model` (None: the only one). `number` is as
    figures are: 0.2 for 20 % and for 20 percentage points, which is `in_percent`.
    """

    text: str
    measure: str
    change: bool
    row: tuple[str, ...] | None
    any_row: bool
    model: str | None
    report: str | None
    operator: Operator
    number: Decimal
    in_percent: bool

    @property
    def column(self) -> str:
        """The name of the column that the figure stands in."""
        return f"{self.measure}_change" if self.change else self.measure

    def holds(self, figure: Decimal) -> bool:
        """Say whether a figure stands to the number as is asked."""
        return {
            "<": figure < self.number,
            "<=": figure <= self.number,
            ">": figure > self.number,
            ">=": figure >= self.number,
            "=": figure == self.number,
            "!=": figure != self.number,
        }[self.operator]


@frozen
class Condition:
    """Comparisons, of which all of one of the groups must hold."""

    text: str
    groups: tuple[tuple[Comparison, ...], ...]

    def comparisons(self) -> Iterator[Comparison]:
        """Yield all comparisons."""
        for group in self.groups:
            yield from group


def read_condition(text: str) -> Condition:
    """Return a condition as it is written: comparisons with ``and`` and ``or`` between them; raises UsageError."""
    groups: list[list[Comparison]] = [[]]
    tokens: list[tuple[str, str]] = []
    for kind, token in [*_tokens(text), ("word", "or")]:
        if kind == "word" and token.casefold() in ("and", "or"):
            groups[-1].append(_comparison(tokens, text))
            tokens = []
            if token.casefold() == "or":
                groups.append([])
        else:
            tokens.append((kind, token))
    return Condition(text=" ".join(text.split()), groups=tuple(tuple(group) for group in groups[:-1]))


def check_condition(condition: Condition, reports: Sequence[tuple[str, ReportSpec, Settings]]) -> None:
    """Raise UsageError where a condition cannot be answered by reports of these names, requests and settings."""
    by_name = {name: (spec, settings) for name, spec, settings in reports}
    for one in condition.comparisons():
        _check(one, *by_name[report_of(one, tuple(by_name))])


def report_of(comparison: Comparison, names: Sequence[str]) -> str:
    """Return the name of the report that a comparison is about; raises UsageError where there is none, or several."""
    if comparison.report is None:
        if len(names) > 1:
            listed = ", ".join(f'"{printable(name)}"' for name in names[:5])
            hint = f"Name it, such as '{comparison.measure} in {listed.split(', ')[0]} < …'. There are {listed}."
            raise _wrong(comparison.text, "does not say of which report", hint)
        return names[0]
    found = next((name for name in names if name.casefold() == comparison.report.casefold()), None)
    if found is None:
        hint = did_you_mean(comparison.report, names) or f"Reports: {', '.join(map(printable, names))}."
        raise _wrong(comparison.text, f"names a report '{printable(comparison.report)}', which is not exported", hint)
    return found


def _check(one: Comparison, spec: ReportSpec, settings: Settings) -> None:
    from attrib_cli.engine.conversions import type_of
    from attrib_cli.engine.measures import choose_measures
    from attrib_cli.engine.models import models_of

    if spec.more_types:
        raise _wrong(one.text, "is about a report of several types", "Export a report of one of them.")
    if spec.transitions:
        raise _wrong(one.text, "is about a transition matrix, which has no such figures", "Export another report.")
    chosen = {measure.name: measure for measure in choose_measures(spec.measures, type_of(spec, settings))}
    measure = chosen.get(one.measure)
    if measure is None:
        known = ", ".join(name.replace("_", " ") for name in chosen)
        hint = did_you_mean(one.measure, chosen) or f"The report has {known}; --measure adds others."
        raise _wrong(one.text, f"asks for '{one.measure.replace('_', ' ')}', which the report does not have", hint)
    if one.change and spec.compare is None:
        hint = "Add --compare previous-period, or previous-year, and a --period."
        raise _wrong(one.text, "asks for a change, and the report is compared with nothing", hint)
    models = [model.name for model in models_of(spec, type_of(spec, settings), settings)]
    if one.model is None and len(models) > 1:
        hint = f"Write 'under {models[0]}', for one; there are {', '.join(models)}."
        raise _wrong(one.text, "does not say under which model", hint)
    if one.model is not None and one.model not in map(str.casefold, models):
        hint = did_you_mean(one.model, models) or f"The report has {', '.join(models)}."
        raise _wrong(one.text, f"asks for the model '{printable(one.model)}', which the report does not have", hint)
    if (one.any_row or one.row is not None) and not spec.by:
        raise _wrong(one.text, "asks for a row, and the report is cut by nothing", "Add --by, or leave out 'for …'.")
    if one.row is not None and len(one.row) != len(spec.by):
        hint = f"Give one value for each of {', '.join(spec.by)}, with commas between them."
        raise _wrong(one.text, f"names a row by {len(one.row)}, and rows have {len(spec.by)}", hint)
    _check_number(one, measure)


def _check_number(one: Comparison, measure: Measure) -> None:
    """Raise UsageError for a number that is not of the kind of the figure: 20 and 20 % are not the same."""
    name = one.column.replace("_", " ")
    per_cent = measure.change != DIFFERENCE if one.change else in_percent(measure.unit)
    if per_cent and not one.in_percent and one.number:
        unit = " points" if one.change and measure.change == POINTS else "%"
        hint = f"Write {plain_text(one.number)}{unit}, or {plain_text(one.number.scaleb(2))}{unit} if that is meant."
        raise _wrong(one.text, f"compares {name}, which is in per cent, with a plain number", hint)
    if not per_cent and one.in_percent:
        hint = f"Give a number, or ask for '{one.measure.replace('_', ' ')} change'."
        raise _wrong(one.text, f"compares {name}, which is not in per cent, with a percentage", hint)


def plain_text(number: Decimal) -> str:
    """Return a number exactly, with commas for thousands and no zeros at its end."""
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    spot = 0
    while text[spot:].strip():
        found = _TOKEN.match(text, spot)
        if found is None:
            raise _wrong(text, f"cannot be read from {printable(text[spot:].strip())[:20]!r} on", EXAMPLE)
        spot = found.end()
        kind = found.lastgroup or ""
        if found["number"] is not None:
            kind = "number"
        yield kind, (found["number"] + (found["unit"] or "") if kind == "number" else found[kind])


def _comparison(tokens: Sequence[tuple[str, str]], text: str) -> Comparison:
    """Return one comparison: a measure, what narrows it, an operator and a number, and what narrows it once more."""
    spots = [i for i, (kind, _) in enumerate(tokens) if kind == "operator"]
    if len(spots) != 1:
        what = "compares nothing" if not spots else "compares more than once between 'and' and 'or'"
        raise _wrong(text, what if tokens else "has nothing before or after 'and' or 'or'", EXAMPLE)
    (spot,) = spots
    if spot + 1 >= len(tokens) or tokens[spot + 1][0] != "number":
        raise _wrong(text, f"has no number after {tokens[spot][1]}", EXAMPLE)
    number, in_percent = _number(tokens[spot + 1][1])
    left = [*tokens[:spot], *tokens[spot + 2 :]]
    words = []
    while left and left[0][0] == "word" and left[0][1].casefold() not in _PARTS:
        words.append(left.pop(0)[1])
    if not words:
        raise _wrong(text, "names no measure", EXAMPLE)
    said = _said(left, text)
    row = said.get("for")
    any_row = row == (ANY_ROW,)
    return Comparison(
        text=text,
        measure="_".join(words).casefold().replace("-", "_"),
        change="change" in said,
        row=None if any_row else row,
        any_row=any_row,
        model=said["under"][0].casefold() if "under" in said else None,
        report=said["in"][0] if "in" in said else None,
        operator=_OPERATORS[tokens[spot][1]],
        number=number,
        in_percent=in_percent,
    )


def _said(tokens: Sequence[tuple[str, str]], text: str) -> dict[str, tuple[str, ...]]:
    """Return what narrows a figure, by its word."""
    found: dict[str, tuple[str, ...]] = {}
    left = list(tokens)
    while left:
        kind, word = left.pop(0)
        part = word.casefold()
        if kind != "word" or part not in _PARTS:
            hint = did_you_mean(word, _PARTS) or 'Names of several words stand in quotes: for "Paid search".'
            raise _wrong(text, f"has {printable(word)!r} where change, for, under or in may stand", hint)
        if part in found:
            raise _wrong(text, f"says '{part}' twice", EXAMPLE)
        values: list[str] = []
        while part != "change" and left and (not values or left[0][0] == "comma"):
            if values:
                left.pop(0)
            kind, value = left.pop(0) if left else ("word", "")
            values += [value[1:-1] if kind == "quoted" else value] if value else []
            if kind == "word" and part == "for" and value.casefold() == "any":
                values = [ANY_ROW]
                left = left[1:] if left and left[0][1].casefold() == "row" else left
                break
        if part != "change" and (not values or (part != "for" and len(values) > 1)):
            raise _wrong(text, f"says '{part}' without {'a' if part == 'for' else 'one'} name after it", EXAMPLE)
        found[part] = tuple(values)
    return found


def _number(text: str) -> tuple[Decimal, bool]:
    plain = re.sub(r"[,_%\s]|points|pp", "", text, flags=re.IGNORECASE).replace("−", "-")
    in_percent = not text[-1].isdigit()
    return Decimal(plain).scaleb(-2) if in_percent else Decimal(plain), in_percent


def _wrong(text: str, problem: str, hint: str) -> UsageError:
    return UsageError(f"'{printable(text)}' {problem}", hint=hint, place=PLACE)
