"""The way from one figure to another, for reading as a waterfall and for machines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.reconciliation import StepRow
from attrib_cli.engine.report import Column, Unit
from attrib_cli.output.explained.account import Account, AccountColumn, Records
from attrib_cli.output.figures import currency_symbol, figures
from attrib_cli.output.scope import line
from attrib_cli.output.text.jsontext import ExactJson
from attrib_cli.output.values import plain_number
from attrib_cli.output.words import counted

if TYPE_CHECKING:
    from attrib_cli.engine.reconciliation import Reason, Reconciliation, ReconcilingStep
    from attrib_cli.engine.settings import Settings
    from attrib_cli.engine.spec import ReportSpec

MOST = 3
"""Ids of a step that are listed for reading unless told otherwise; csv and json have all."""


@frozen
class _Wording:
    """What a reason is in words, and the option, key or column that decides it."""

    text: str
    decided_by: Callable[[ReportSpec], str]


def _always(text: str) -> Callable[[ReportSpec], str]:
    return lambda spec: text


def _filters(spec: ReportSpec) -> str:
    return ", ".join((*(f"--campaign {name}" for name in spec.campaigns), *(f"--where {one}" for one in spec.where)))


def _eligible(spec: ReportSpec) -> str:
    return ", ".join(f"--eligible {one}" for one in spec.eligible)


def _where(spec: ReportSpec) -> str:
    return ", ".join(f"--where {one}" for one in spec.where)


_EXCLUDE = "exclude: in attrib.yaml (asset_types, interaction_types)"
_WORDS: Mapping[Reason, _Wording] = {
    "filtered-credit": _Wording(text="credit of interactions that are not shown", decided_by=_filters),
    "no-weight": _Wording(text="journeys that the model gives no weight to", decided_by=_always("--model")),
    "no-contacts": _Wording(text="deals without a contact", decided_by=_always("deal_contacts, deals.contact_id")),
    "no-interactions": _Wording(text="deals without interactions", decided_by=_always("touchpoints")),
    "only-late": _Wording(text="interactions only after the closing", decided_by=_always("touchpoints.occurred_at")),
    "only-outside-lookback": _Wording(
        text="interactions only before the look-back window", decided_by=_always("--lookback")
    ),
    "only-excluded": _Wording(text="interactions only of types that never earn", decided_by=_always(_EXCLUDE)),
    "only-ineligible": _Wording(text="interactions that are not eligible", decided_by=_eligible),
    "touched-outside-period": _Wording(
        text="deals that were touched on other days only", decided_by=_always("--period, --from, --to")
    ),
    "filtered-deals": _Wording(text="deals that a filter leaves out", decided_by=_where),
    "outside-period": _Wording(
        text="deals closed outside the period", decided_by=_always("--period, --from, --to (deals.closed_at)")
    ),
    "no-amount": _Wording(text="won deals without an amount", decided_by=_always("deals.amount")),
    "no-closing-date": _Wording(text="won deals without a closing date", decided_by=_always("deals.closed_at")),
    "no-creation-date": _Wording(text="won deals without a creation date", decided_by=_always("deals.created_at")),
    "currency": _Wording(text="amounts as written, not converted", decided_by=_always("exchange_rates")),
    "position": _Wording(text="credit of interactions in position", decided_by=_always("--model")),
    "only-in-first": _Wording(text="conversions that only the first credits", decided_by=_always("")),
    "only-in-second": _Wording(text="conversions that only the second credits", decided_by=_always("")),
    "in-both": _Wording(text="conversions that both credit, otherwise", decided_by=_always("")),
    "new-conversions": _Wording(text="conversions that were not there", decided_by=_always("rows of deals, contacts")),
    "gone-conversions": _Wording(text="conversions that are gone", decided_by=_always("rows of deals, contacts")),
    "changed-values": _Wording(text="conversions with another value", decided_by=_always("deals.amount")),
    "changed-interactions": _Wording(
        text="conversions credited otherwise", decided_by=_always("rows of touchpoints, campaigns; options")
    ),
    "changed-rows": _Wording(text="rows of the report with another figure", decided_by=_always("the sources")),
    "new-rows": _Wording(text="rows that were not in the report", decided_by=_always("the sources")),
    "gone-rows": _Wording(text="rows that are not in the report any more", decided_by=_always("the sources")),
    "unattributed": _Wording(text="conversions that no interaction is credited with", decided_by=_always("--by")),
    "estimated": _Wording(
        text="credit of states outside these journeys, of a data-driven model", decided_by=_always("--model, --states")
    ),
    "rounding": _Wording(text="credits rounded to a millionth each", decided_by=_always("")),
    "other": _Wording(text="not accounted for: please report it", decided_by=_always("")),
    "unexplained": _Wording(text="unexplained: nothing in the data says why", decided_by=_always("--against")),
}


def account_of(found: Reconciliation, settings: Settings, *, most: int = MOST) -> Account:
    """Return a reconciliation as an account: the first figure, a line for each step, and the other as the sum."""
    unit: Unit = "currency" if found.currency or found.measure != "contacts" else "contacts"
    steps = found.steps
    amounts = [found.start.amount, *(one.amount for one in steps)]

    def money(values: list[Decimal], total: Decimal | None) -> tuple[tuple[str, ...], str]:
        column = Column(name=found.measure, role="measure", unit=unit, additive=total is not None)
        made = figures(column, values, total, symbol=currency_symbol(found.currency), nothing="")
        return made.texts, made.total

    texts, total = money(amounts, found.end.amount)
    moved = [_signed(text, one.amount) for text, one in zip(texts[1:], steps, strict=True)]
    counts = ["" if not one.rows else f"{len(one.rows):,}" for one in steps]
    columns = (
        AccountColumn(
            header="Step",
            cells=(_capital(found.start.name), *(_capital(_text(one)) for one in steps)),
            total=_capital(found.end.name),
        ),
        AccountColumn(header="Amount", cells=(texts[0], *moved), total=total, figures=True),
        AccountColumn(
            header="Running total", cells=money(list(accumulate(amounts)), None)[0], total="", figures=True, rank=1
        ),
        AccountColumn(header="Count", cells=("", *counts), figures=True, rank=2),
        AccountColumn(header="Decided by", cells=("", *(_decided_by(found, one) for one in steps)), rank=3),
        AccountColumn(header="Behind it", cells=("", *(_behind(one, most) for one in steps)), rank=4),
    )
    return Account(
        title=f"From {found.start.name} to {found.end.name}",
        lines=_about(found, settings),
        columns=columns,
        dim=(False,) * (len(steps) + 1),
        notes=_notes(found, most),
        warnings=found.warnings,
        records=Records.of(_records(found)),
        document=partial(document, found),
    )


def document(found: Reconciliation) -> dict[str, ExactJson]:
    """Return a reconciliation as one JSON object with exact decimals."""
    return {
        "measure": found.measure,
        "currency": found.currency,
        "from": {"name": found.start.name, "amount": found.start.amount},
        "to": {"name": found.end.name, "amount": found.end.amount},
        "steps": [
            {
                "reason": one.reason,
                "detail": one.detail or None,
                "text": _text(one),
                "amount": one.amount,
                "count": len(one.rows),
                "decided_by": _decided_by(found, one) or None,
                "rows": [_row(one, row) for row in one.rows],
            }
            for one in found.steps
        ],
        "warnings": list(found.warnings),
    }


def _row(of: ReconcilingStep, row: StepRow) -> dict[str, ExactJson]:
    found: dict[str, ExactJson] = {"id": row.id, "amount": row.amount}
    if of.reason == "changed-interactions":
        found |= {"new_touchpoints": list(row.new_touchpoints), "gone_touchpoints": list(row.gone_touchpoints)}
    return found


def _touchpoints(row: StepRow) -> str:
    """The touchpoints that came to a journey or went, as text."""
    return " ".join((*(f"+{one}" for one in row.new_touchpoints), *(f"-{one}" for one in row.gone_touchpoints)))


def _records(found: Reconciliation) -> list[dict[str, str]]:
    """The figures and, for each step, the conversions behind it: all amounts but those of the last line sum to it."""

    def record(reason: str, text: str, row: StepRow, decided_by: str = "") -> dict[str, str]:
        amount, touchpoints = plain_number(row.amount), _touchpoints(row)
        own = {"reason": reason, "step": text, "id": row.id, "amount": amount, "decided_by": decided_by}
        return {**own, "touchpoints": touchpoints}

    lines = [record("from", found.start.name, StepRow(id="", amount=found.start.amount))]
    for one in found.steps:
        rows = one.rows or (StepRow(id="", amount=one.amount),)
        lines += [record(one.reason, _text(one), row, _decided_by(found, one)) for row in rows]
    return [*lines, record("to", found.end.name, StepRow(id="", amount=found.end.amount))]


def _about(found: Reconciliation, settings: Settings) -> tuple[str, ...]:
    if found.start.amount == found.end.amount and not found.steps:
        first = "The two figures are the same."
    else:
        first = f"{counted(len(found.steps), 'step')}, which sum to the difference"
    said = [line(found.spec, settings)]
    if found.other is not None:
        said = [f"first: {said[0] or 'all time'}", f"second: {line(found.other, settings) or 'all time'}"]
    return (first, *(text for text in said if text))


def _notes(found: Reconciliation, most: int) -> tuple[str, ...]:
    notes = []
    if any(len(one.rows) > most for one in found.steps):
        notes.append("csv and json have all conversions behind each step, and --limit more of them here")
    unexplained = [one for one in found.steps if one.reason == "unexplained"]
    if unexplained:
        notes.append(
            f"{plain_number(unexplained[0].amount)} is unexplained: nothing that attrib knows accounts for it. Ask"
            " where the total comes from: of which days, which deals, in which currency."
        )
        enough = found.enough()
        if enough is not None:
            named = "; ".join(_text(one) for one in enough)
            notes.append(
                f"The total is reached exactly by {named or 'no step at all'}: it may leave the other steps out."
            )
    return tuple(notes)


def _text(one: ReconcilingStep) -> str:
    return f"{_WORDS[one.reason].text} {one.detail}".rstrip()


def _decided_by(found: Reconciliation, one: ReconcilingStep) -> str:
    if found.other is not None and one.reason not in ("rounding", "estimated", "other"):
        return _said_otherwise(found.spec, found.other)
    return _WORDS[one.reason].decided_by(found.spec)


def _said_otherwise(spec: ReportSpec, other: ReportSpec) -> str:
    """The options in which two reports differ."""
    pairs = (
        ("--period", spec.dates, other.dates),
        ("--model", (spec.models, spec.own_models), (other.models, other.own_models)),
        ("--half-life", spec.half_life, other.half_life),
        ("--lookback", spec.lookback, other.lookback),
        ("--eligible", spec.eligible, other.eligible),
        ("--prefer", spec.prefer, other.prefer),
        ("--collapse", spec.collapse, other.collapse),
        ("--cycles", spec.cycles, other.cycles),
        ("--campaign", spec.campaigns, other.campaigns),
        ("--where", spec.where, other.where),
        ("--states, --order, --game, --non-converting", spec.estimation, other.estimation),
    )
    return ", ".join(option for option, one, two in pairs if one != two)


def _behind(one: ReconcilingStep, most: int) -> str:
    ids = [f"{row.id} ({_touchpoints(row)})" if _touchpoints(row) else row.id for row in one.rows[:most]]
    more = len(one.rows) - len(ids)
    return ", ".join(ids) + (f" and {more:,} more" if more else "")


def _signed(text: str, amount: Decimal) -> str:
    return f"+{text}" if amount > 0 and any(digit in text for digit in "123456789") else text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
