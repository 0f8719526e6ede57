"""Which stages say that a deal is won, and what is asked where none does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.quoting import identifier
from attrib_cli.engine.sources.catalogue import folded
from attrib_cli.engine.sql.won_deals import WON_STAGES, fold_text
from attrib_cli.proposal.answers import Answers, Doubt, column_answered, parts_of
from attrib_cli.proposal.plan import Plan

if TYPE_CHECKING:
    import duckdb

MOST_STAGES = 30
_WON = re.compile(
    r"\b(won|signed|paid|gewonnen|bezahlt|gagn\w+|pay[ée]e?|ganad\w+|pagad[oa]|ganho|vint[oa]|vunn\w+|betald|wygran\w+)\b"
    r"|受注|成約|^(((new|active|paying|existing|current|won) )?customer|pago)$"
    r"|^(completed?|confirmed|bestätigt|confirmée?|confirmad[oa]|bekräftad|bevestigd|confermat[oa]|succe\w+|fulfilled|abgeschlossen|terminée?|completad[oa]|slutförd)$",
    re.IGNORECASE,
)
_NOT_WON = re.compile(
    r"\b(not|never|no|nicht|non|pas|não|nie|ej|inte|lost|verloren|perdu\w*|to be|awaiting|waiting|pending|ready|almost"
    r"|parti[aec]\w*|parz\w*|parcial\w*|teil\w*|delvis|half|deposit|anzahlung|\w*refund\w*|\w*erstatt\w*|rembours\w*"
    r"|reembols\w*|rimbors\w*|back|chargeback|cancel\w*|void\w*|storn\w*|annul\w*|rejected|failed|disputed|trial|pilot"
    r"|nda|letter|off)\b|\?$|失注",
    re.IGNORECASE,
)
_ALL = "yes, all"
_OF_STAGES = ("status", "stage", "phase", "state", "outcome")


def says_won(stage: str) -> bool:
    """Whether the name of a stage says that its deals are won."""
    return fold_text(stage) in WON_STAGES or (_WON.search(stage) is not None and _NOT_WON.search(stage) is None)


def stages_of(con: duckdb.DuckDBPyConnection, relation: str, header: str) -> dict[str, int]:
    """Return how many rows of a file are in each stage, the most first."""
    name = identifier(header)
    query = f"SELECT {name}, count(*) FROM {relation} WHERE {name} <> '' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1000"
    found = con.execute(query).fetchall()
    return {str(stage): int(count) for stage, count in found}


def has_won(con: duckdb.DuckDBPyConnection, relation: str, header: str) -> bool:
    """Whether one of the stages in a column of a file says that a deal is won."""
    return any(map(says_won, stages_of(con, relation, header)))


def won_deals(con: duckdb.DuckDBPyConnection, deals: Sequence[Plan], settings: dict[str, object]) -> list[Doubt]:
    """Settle which deals are won, by their stages; return what remains in doubt."""
    if any("is_won" in plan.columns for plan in deals):
        return []
    staged = [plan for plan in deals if plan.header("stage")]
    if not staged:
        settings["won"] = "all"
        question = "nothing says which deals are won: is every row a won deal, as in a table of orders?"
        if beside := _other_stages(con, deals):
            question = f"is every row a won deal, as in a table of orders? There is {beside}"
        option = "--column 'deals.stage=HEADER'"
        return [Doubt(question=question, taken=_ALL, option=option, answered=_won_answered)]
    seen: dict[str, int] = {}
    for plan in staged:
        for stage, count in stages_of(con, plan.file.relation, plan.header("stage") or "").items():
            seen[stage] = seen.get(stage, 0) + count
    likely = sorted(stage for stage in seen if says_won(stage))
    if likely and all(fold_text(stage) in WON_STAGES for stage in likely):
        return []
    if likely:
        settings["won_stages"] = likely
    ordered = sorted(seen, key=lambda stage: -seen[stage])[:MOST_STAGES]
    question = f"which stages are won? {_listed((stage, seen[stage]) for stage in ordered)}"
    if beside := _other_stages(con, staged, telling=_NOT_WON):
        question += f". There is also {beside}"
    return [
        Doubt(
            question=question,
            taken=", ".join(likely) or "none",
            option="--won-stages 'STAGE,STAGE'",
            answered=lambda answers, typed: replace(answers, won_stages=parts_of(typed)),
            choices=tuple(ordered),
        )
    ]


def _won_answered(answers: Answers, typed: str) -> Answers:
    """Take all deals as won, or a typed header as that of their stages."""
    return replace(answers, all_won=True) if typed == _ALL else column_answered("deals.stage")(answers, typed)


def _other_stages(
    con: duckdb.DuckDBPyConnection, deals: Sequence[Plan], *, telling: re.Pattern[str] | None = None
) -> str | None:
    """Return the first column that is called as stages are, though not taken as one, with its values; None for none.

    With `telling`, one of its values has to fit that.
    """
    for plan in deals:
        for header in plan.file.headers:
            if header != plan.header("stage") and any(word in folded(header) for word in _OF_STAGES):
                seen = stages_of(con, plan.file.relation, header)
                told = telling is None or any(map(telling.search, seen))
                if told and 1 < len(seen) <= MOST_STAGES:
                    return f"'{header}' of {plan.file.name}: {_listed(seen.items())}"
    return None


def _listed(stages: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"'{stage}' ({count:,})" for stage, count in stages)
