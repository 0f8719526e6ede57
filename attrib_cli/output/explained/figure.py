"""The conversions behind one figure of a report, for reading and for machines."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from attrib_cli.engine.report import Column
from attrib_cli.output.explained.account import Account, AccountColumn, Records
from attrib_cli.output.figures import currency_symbol, figures
from attrib_cli.output.text.jsontext import ExactJson
from attrib_cli.output.values import plain_number
from attrib_cli.output.words import counted, label

if TYPE_CHECKING:
    from attrib_cli.engine.figure import ExplainedFigure

MOST = 20
"""Conversions that are listed for reading unless told otherwise; the others are one line, so that all add up."""


def account_of(found: ExplainedFigure, *, most: int = MOST) -> Account:
    """Return a figure as an account of the conversions behind it, the largest `most` and the sum of the others."""
    listed, others = found.contributions[:most], found.contributions[most:]
    name = " · ".join(found.row) or "all"
    rest = [f"({counted(len(others), 'other')})"] if others else []

    def money(values: Sequence[Decimal | None], total: Decimal | None) -> tuple[tuple[str, ...], str]:
        column = Column(
            name=found.measure, role="measure", unit="currency" if found.currency else "contacts", additive=True
        )
        made = figures(column, values, total, symbol=currency_symbol(found.currency), nothing="")
        return made.texts, made.total

    values = [one.value for one in listed]
    columns = [
        AccountColumn(header="Conversion", cells=(*(one.id for one in listed), *rest), total="Total"),
        AccountColumn(
            header="When", cells=(*(f"{one.converted_at:%Y-%m-%d}" for one in listed), *[""] * len(rest)), rank=2
        ),
        AccountColumn(header="Value", cells=(*money(values, None)[0], *[""] * len(rest)), figures=True, rank=1),
        AccountColumn(
            header="Interactions",
            cells=(
                *(f"{one.interactions:,}" for one in listed),
                *([f"{sum(one.interactions for one in others):,}"] if others else []),
            ),
            total=f"{sum(one.interactions for one in found.contributions):,}",
            figures=True,
            rank=3,
        ),
    ]
    for model in found.models:
        credit = [one.credit[model] for one in listed]
        if others:
            credit.append(sum((one.credit[model] for one in others), Decimal(0)))
        texts, total = money(credit, found.figure[model])
        columns.append(AccountColumn(header=model, cells=texts, total=total, figures=True))
    return Account(
        title=f"{label(found.measure)} of {name}: {found.type}, {', '.join(found.models)}",
        lines=(f"{counted(len(found.contributions), 'conversion')}, the largest credit of {found.models[0]} first",),
        columns=tuple(columns),
        dim=(*(False for _ in listed), *(True for _ in rest)),
        notes=found.notes,
        warnings=found.warnings,
        records=Records.of(
            [
                {
                    **dict(zip(found.dimensions, found.row, strict=True)),
                    "conversion_id": one.id,
                    "converted_at": one.converted_at.isoformat(),
                    "value": plain_number(one.value),
                    "interactions": str(one.interactions),
                    **{f"{model}_credit": plain_number(one.credit[model]) for model in found.models},
                }
                for one in found.contributions
            ]
        ),
        document=partial(document, found),
    )


def document(found: ExplainedFigure) -> dict[str, ExactJson]:
    """Return a figure and its conversions as one JSON object with exact decimals."""
    return {
        "type": found.type,
        "measure": found.measure,
        "row": dict(zip(found.dimensions, found.row, strict=True)),
        "currency": found.currency,
        "figure": dict(found.figure),
        "rounding": {model: found.rounding(model) for model in found.models},
        "conversions": [
            {
                "id": one.id,
                "converted_at": one.converted_at.isoformat(),
                "value": one.value,
                "interactions": one.interactions,
                "credit": dict(one.credit),
            }
            for one in found.contributions
        ],
        "warnings": list(found.warnings),
    }
