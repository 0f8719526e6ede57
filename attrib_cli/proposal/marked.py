"""Touchpoints of which a column of yes and no marks those that are conversions: the same file as two tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.settings import CONVERSIONS
from attrib_cli.engine.sources.catalogue import folded
from attrib_cli.engine.sources.parse import TRUE
from attrib_cli.proposal.answers import Answers, Doubt
from attrib_cli.proposal.columns import Looked
from attrib_cli.proposal.headers import words_of
from attrib_cli.proposal.names import KEYS, add_currency
from attrib_cli.proposal.plan import Plan
from attrib_cli.proposal.recognise import table_answered
from attrib_cli.proposal.shapes import dictionary, headers_of
from attrib_cli.proposal.stages import stages_of

if TYPE_CHECKING:
    import duckdb

_YES = "yes"
_YES_AND_NO = 2


def marked_conversions(
    con: duckdb.DuckDBPyConnection, plans: Sequence[Plan], answers: Answers
) -> Iterator[tuple[Plan, Doubt]]:
    """Yield the marked rows of touchpoints as deals, each at its moment, worth what a column of amounts says.

    Only where no file has deals or other conversions, and nobody said which table the file is; with it comes the
    question whether they are.
    """
    if any(plan.table == "deals" or plan.table.endswith(CONVERSIONS) for plan in plans):
        return
    for plan in plans:
        said = table_answered(plan.file, answers) is not None
        if plan.table != "touchpoints" or plan.shape is not None or said or not plan.header("contact_id"):
            continue
        looked = Looked(con, plan.file)
        mark = next((one for name in dictionary().marks if (one := plan.file.header(name)) is not None), None)
        values = {} if mark is None else stages_of(con, plan.file.relation, mark)
        yes = [value for value in values if value.strip().casefold() in TRUE]
        if mark is None or len(values) != _YES_AND_NO or len(yes) != 1:
            continue
        columns: dict[str, dict[str, object]] = {KEYS["deals"]: {"row_number": True}, "is_won": {"value": "true"}}
        columns["contact_id"] = dict(plan.columns["contact_id"])
        columns |= {name: dict(plan.columns["occurred_at"]) for name in ("created_at", "closed_at")}
        because = [f"'{mark}' marks {values[yes[0]]:,} rows as conversions"]
        if amount := _amount(looked, {header for rules in plan.columns.values() for header in headers_of(rules)}):
            columns["amount"] = {"header": amount}
            because.append(f"'{amount}' holds their amounts")
            add_currency(looked, columns)
        options: dict[str, object] = {**plan.options, "where": [f"{mark}={yes[0]}"]}
        plan.doubtful = False  # what has conversions among its rows is touchpoints and no other table
        deals = Plan(table="deals", file=plan.file, columns=columns, options=options, because=tuple(because))
        yield deals, _doubt(plan.file.name, mark, values[yes[0]])


def _doubt(name: str, mark: str, count: int) -> Doubt:
    def answered(answers: Answers, typed: str) -> Answers:
        said = typed.strip().casefold() in TRUE
        return answers if said else replace(answers, tables={**answers.tables, name: "touchpoints"})

    return Doubt(
        question=f"are the {count:,} rows of {name} that '{mark}' marks conversions, each a won deal?",
        taken=_YES,
        option=f"--table '{name}=touchpoints'",
        answered=answered,
        choices=(_YES, "no"),
    )


def _amount(looked: Looked, taken: set[str]) -> str | None:
    """Return the column of amounts whose header ends as amounts are called, in the order of the dictionary."""
    for name in ("amount", *dictionary().headers["deals"]["amount"]):
        for header in looked.file.headers:
            if header not in taken and folded(words_of(header)[-1]) == folded(name) and looked[header].amounts:
                return header
    return None
