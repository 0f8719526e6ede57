"""A journey for reading and for machines: every interaction, what it earns, and why the others earn nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from attrib_cli.engine.models import credits_rows
from attrib_cli.engine.report import Column, Unit
from attrib_cli.output.explained.account import Account, AccountColumn, Records
from attrib_cli.output.figures import currency_symbol, figures
from attrib_cli.output.text.jsontext import ExactJson
from attrib_cli.output.values import plain_number
from attrib_cli.output.words import counted

if TYPE_CHECKING:
    from attrib_cli.engine.journey import Interaction, Journey

MOST = 200
"""Interactions that are listed for reading; a longer journey is summed up by channel and by what becomes of it."""

_EFFECTS = 20
"""So many states are listed for reading with what they weigh."""


def account_of(journey: Journey, *, most: int = MOST) -> Account:
    """Return a journey as an account; one of more than `most` interactions is summed up for reading."""
    thing = journey.kind.thing.capitalize()
    value = _money(journey, [journey.value])[0]
    moment = f"{journey.kind.done} {journey.converted_at:%Y-%m-%d %H:%M}"
    said = [f"{value if journey.currency else counted(1, thing.lower())}, {moment}"]
    said.append(f"{counted(len(journey.interactions), 'interaction')} of {counted(len(journey.contacts), 'contact')}")
    whole = len(journey.interactions) <= most
    columns = _listed(journey) if whole else _summed(journey)
    return Account(
        title=f"{thing} {journey.id}: {journey.type}, {', '.join(journey.models)}",
        lines=(" · ".join(said),),
        columns=columns,
        dim=tuple(one.status != "credited" for one in journey.interactions)
        if whole
        else tuple(status != "credited" for (_, status) in _groups(journey)),
        notes=tuple(_notes(journey, whole)),
        warnings=journey.warnings,
        records=Records(
            columns=(*_RECORD, *(f"{model}_credit" for model in journey.models)),
            rows=(_record(journey, one) for one in journey.interactions),
        ),
        document=partial(document, journey),
    )


def _money(
    journey: Journey, values: Sequence[Decimal | None], total: Decimal | None = None, *, summed: bool = True
) -> tuple[str, ...]:
    unit: Unit = "currency" if journey.currency else "contacts"
    column = Column(name="credit", role="measure", unit=unit, additive=summed)
    found = figures(column, values, total, symbol=currency_symbol(journey.currency), nothing="")
    return (*found.texts, found.total)


def _credits(journey: Journey, credit: Sequence[Mapping[str, Decimal]]) -> list[AccountColumn]:
    columns = []
    for model in journey.models:
        total = journey.credited(model)
        *texts, last = _money(journey, [one.get(model) for one in credit], total, summed=not credits_rows(model))
        header = model if not journey.currency or currency_symbol(journey.currency) else f"{model}, {journey.currency}"
        columns.append(AccountColumn(header=header, cells=tuple(texts), total=last, figures=True))
    return columns


def _listed(journey: Journey) -> tuple[AccountColumn, ...]:
    found = journey.interactions

    def texts(header: str, of: Sequence[str | None], rank: int, total: str = "") -> AccountColumn:
        return AccountColumn(header=header, cells=tuple(text or "" for text in of), rank=rank, total=total)

    columns = [
        texts("When", [f"{one.occurred_at:%Y-%m-%d %H:%M}" for one in found], 0, "Total"),
        texts("Before", [age_words(one.age) for one in found], 3),
        texts("Contact", [one.contact_id for one in found], 4 if len(journey.contacts) > 1 else 6),
        texts("Campaign", [one.campaign for one in found], 1),
        texts("Channel", [one.channel for one in found], 2),
        texts("Type", [one.interaction_type for one in found], 6),
        texts("Asset", [one.asset_title or one.asset_type for one in found], 5),
        texts("Position", [one.position or one.reason for one in found], 0),
    ]
    kept = [column for column in columns if any(column.cells) or column.rank == 0]
    return (*kept, *_credits(journey, [one.credit for one in found]))


def _groups(journey: Journey) -> dict[tuple[str, str], list[Interaction]]:
    groups: dict[tuple[str, str], list[Interaction]] = {}
    for one in journey.interactions:
        groups.setdefault((one.channel or "(no channel)", one.status), []).append(one)
    return groups


def _summed(journey: Journey) -> tuple[AccountColumn, ...]:
    groups = _groups(journey)
    credit = [
        {m: replace(journey, interactions=tuple(members)).credited(m) for m in journey.models}
        if status == "credited"
        else {}
        for (_, status), members in groups.items()
    ]
    reasons = [members[0].reason or "takes part" for members in groups.values()]
    days = [f"{members[0].occurred_at:%Y-%m-%d} to {members[-1].occurred_at:%Y-%m-%d}" for members in groups.values()]
    counts = tuple(f"{len(members):,}" for members in groups.values())
    return (
        AccountColumn(header="Channel", cells=tuple(channel for channel, _ in groups), total="Total"),
        AccountColumn(header="Days", cells=tuple(days), rank=2),
        AccountColumn(header="Becomes", cells=tuple(reasons)),
        AccountColumn(header="Interactions", cells=counts, total=f"{len(journey.interactions):,}", figures=True),
        *_credits(journey, credit),
    )


def age_words(age: dt.timedelta) -> str:
    """Return how long before the conversion something was: ``12 d``, ``3 h``, and ``+2 d`` after it."""
    sign, size = ("+", -age) if age < dt.timedelta(0) else ("", age)
    hours = int(size.total_seconds() // 3600)
    return f"{sign}{hours // 24} d" if hours >= 48 else f"{sign}{hours} h"


def _notes(journey: Journey, whole: bool) -> list[str]:
    notes = []
    if not whole:
        notes.append("Summed up by channel; --format csv or json lists every interaction.")
    for model in journey.models:
        if credits_rows(model):
            notes.append(f"{model} gives the whole value to each interaction's row once: credits must not be summed.")
        nothing = journey.unattributed[model]
        if nothing:
            notes.append(f"{model}: {_money(journey, [nothing])[0]} is unattributed, since no interaction earns it.")
        elif journey.credited(model) != journey.value:
            notes.append(
                f"{model} shares out the value of all conversions by what their states are worth; the interactions of"
                f" this one earn {_money(journey, [journey.credited(model)])[0]} of its"
                f" {_money(journey, [journey.value])[0]}."
            )
        weighed = [f"{one.state} {plain_number(one.effect[model])}" for one in journey.effects if model in one.effect]
        if weighed:
            more = f" and {len(weighed) - _EFFECTS:,} more" if len(weighed) > _EFFECTS else ""
            notes.append(f"{model} weighs by {' and '.join(journey.states)}: {', '.join(weighed[:_EFFECTS])}{more}.")
    return notes


_RECORD = (
    "occurred_at",
    "contact_id",
    "touchpoint_id",
    "campaign",
    "channel",
    "interaction_type",
    "asset_type",
    "asset_title",
    "position",
    "status",
    "reason",
    "age_days",
)


def _record(journey: Journey, one: Interaction) -> tuple[str, ...]:
    texts = (one.touchpoint_id, one.campaign, one.channel, one.interaction_type, one.asset_type, one.asset_title)
    return (
        one.occurred_at.isoformat(),
        one.contact_id,
        *(text or "" for text in texts),
        one.position,
        one.status,
        one.reason,
        _days(one.age),
        *(plain_number(one.credit[model]) if model in one.credit else "" for model in journey.models),
    )


def _days(age: dt.timedelta) -> str:
    micros = age // dt.timedelta(microseconds=1)
    return plain_number((Decimal(micros) / Decimal(86_400_000_000)).quantize(Decimal("0.000001")))


def document(journey: Journey) -> dict[str, ExactJson]:
    """Return a journey as one JSON object with exact decimals."""
    return {
        "type": journey.type,
        "id": journey.id,
        "value": journey.value,
        "currency": journey.currency,
        "converted_at": journey.converted_at.isoformat(),
        "models": list(journey.models),
        "credit": {model: journey.credited(model) for model in journey.models},
        "unattributed": dict(journey.unattributed),
        "interactions": (
            {
                "occurred_at": one.occurred_at.isoformat(),
                "age_days": Decimal(_days(one.age)),
                "contact_id": one.contact_id,
                "touchpoint_id": one.touchpoint_id,
                "channel": one.channel,
                "campaign": one.campaign,
                "interaction_type": one.interaction_type,
                "asset_type": one.asset_type,
                "asset_title": one.asset_title,
                "position": one.position or None,
                "status": one.status,
                "reason": one.reason or None,
                "credit": dict(one.credit),
            }
            for one in journey.interactions
        ),
        "states": list(journey.states),
        "effects": [{"state": one.state, "effect": dict(one.effect)} for one in journey.effects],
        "warnings": list(journey.warnings),
    }
