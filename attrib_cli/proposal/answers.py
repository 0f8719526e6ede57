"""What the files leave open and is asked, and what is typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace

from attrib_cli.engine.frozen import frozen

TIME = ".time"
"""What stands behind a column in an answer that says where its time of day is: ``deals.closed_at.time``."""


@frozen
class Answers:
    """What was typed: tables by file (``skip`` for none), headers by ``table.column``, and settings.

    The header of a time of day is that of ``table.column.time``.

    `conversions` are types of interactions that are conversions of their own; of `distinct` tables each row counts
    once that stands in several files.
    """

    tables: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    won_stages: tuple[str, ...] | None = None
    conversions: tuple[str, ...] | None = None
    all_won: bool = False
    currency: str | None = None
    timezone: str | None = None
    date_format: str | None = None
    distinct: tuple[str, ...] = ()


@frozen
class Doubt:
    """A question that the files leave open: what is taken for now, and the option that says otherwise.

    `choices` are possible answers; `answered` returns answers with what somebody typed, which may be what is taken.
    """

    question: str
    taken: str
    option: str
    answered: Callable[[Answers, str], Answers]
    choices: tuple[str, ...] = ()


def column_answered(name: str, taken: str | None = None) -> Callable[[Answers, str], Answers]:
    """Return what takes a typed header for a column, ``table.column``, unless it is what is taken without it."""

    def answered(answers: Answers, typed: str) -> Answers:
        return answers if typed == taken else replace(answers, columns={**answers.columns, name: typed})

    return answered


def parts_of(typed: str) -> tuple[str, ...]:
    """Return the parts of what was typed as a list."""
    return tuple(filter(None, map(str.strip, typed.split(","))))
