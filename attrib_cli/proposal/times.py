"""The time of day that stands in a column of its own beside a day: which day of the file it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.sources.catalogue import known_table
from attrib_cli.proposal.answers import TIME, Answers, Doubt
from attrib_cli.proposal.columns import describe
from attrib_cli.proposal.file import File
from attrib_cli.proposal.plan import Plan
from attrib_cli.proposal.shapes import dictionary

if TYPE_CHECKING:
    import duckdb

NO_TIME = "none of them, so that they are days alone"


def times_of_days(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan], answers: Answers) -> list[Doubt]:
    """Give days the time of day that stands beside them; return a doubt for each file with one time for several days.

    What was typed is taken; else a time goes with the one column of days of its file that is used.
    """
    doubts: list[Doubt] = []
    for relation in dict.fromkeys(plan.file.relation for plan in plans):
        of_file = [plan for plan in plans if plan.file.relation == relation and plan.sql is None]
        if not of_file:
            continue
        file = of_file[0].file
        days = [one for plan in of_file for one in _days(con, plan)]
        if _typed(file, of_file, answers):
            continue
        time = next((one for word in dictionary().times if (one := file.header(word)) is not None), None)
        headers = [plan.header(column) or "" for plan, column in days]
        if time is None or time in headers or not days or not describe(con, file, time).clocks:
            continue
        if len(set(headers)) == 1:
            for plan, column in days:
                plan.columns[column].setdefault("time", time)
            continue
        choices = tuple(dict.fromkeys(f"{plan.table}.{column}" for plan, column in days))
        listed = " or ".join(f"'{header}'" for header in dict.fromkeys(headers))
        doubts.append(
            Doubt(
                question=f"'{time}' of {file.name} is the time of day of one of its days: of {listed}?",
                taken=NO_TIME,
                option=f"--column '{choices[-1]}{TIME}={time}'",
                answered=_answered(time),
                choices=choices,
            )
        )
    return doubts


def _days(con: duckdb.DuckDBPyConnection, plan: Plan) -> list[tuple[Plan, str]]:
    """Return the columns of moments that are read from days without a time of day."""
    kinds = known_table(plan.table).kinds
    return [
        (plan, column)
        for column in plan.columns
        if kinds.get(column) == "timestamp"
        and (header := plan.header(column)) in plan.file.headers
        and header is not None
        and (plan.looked.get(header) or describe(con, plan.file, header)).days
    ]


def _typed(file: File, plans: Sequence[Plan], answers: Answers) -> bool:
    """Take the times of day that were typed; return whether there is one for this file."""
    found = False
    for name, wanted in answers.columns.items():
        table, _, column = name.removesuffix(TIME).partition(".")
        header = file.header(wanted)
        for plan in plans if name.endswith(TIME) and header is not None else ():
            if plan.table == table and column in plan.columns:
                plan.columns[column]["time"] = header
                found = True
    return found


def _answered(time: str) -> Callable[[Answers, str], Answers]:
    """Return what takes a header of times of day for the typed column of days."""

    def answered(answers: Answers, typed: str) -> Answers:
        return answers if typed == NO_TIME else replace(answers, columns={**answers.columns, f"{typed}{TIME}": time})

    return answered
