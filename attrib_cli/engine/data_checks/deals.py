"""Checks of deals: what is won, what keeps a won deal out of reports, in which order its dates are."""

from __future__ import annotations

from collections.abc import Iterator

from attrib_cli.engine.checks import left_out
from attrib_cli.engine.data_checks.data import CheckedData
from attrib_cli.engine.data_checks.finding import Finding
from attrib_cli.engine.won_checks import stages_of, won_notes

LISTED = 12
"""How many stages are listed."""


def stages(data: CheckedData) -> Iterator[Finding]:
    """Yield the stages seen, and what is doubtful about which of them count as won."""
    total = data.count_of("deals")
    if not data.says_won:
        yield Finding(
            check="won-deals",
            about="deals",
            text="nothing says which deals are won: there is no is_won and no stage",
            level="error",
            count=total,
            total=total,
            mend="won: all  # where every row is a won deal, as in a table of orders",
        )
        return
    for note in won_notes(data.con, data.request):
        yield Finding(
            check="won-deals",
            about="deals.stage" if data.has("deals.stage") else "deals.is_won",
            text=note.text,
            level="error" if note.code in ("none-won", "no-deals") else "warning",
            count=dict(note.counts).get("won", 0),
            total=total,
            mend=note.hint,
        )
    seen = stages_of(data.con, data.request)
    if seen:
        winning = {
            stage for (stage,) in data.rows(f"SELECT DISTINCT s.stage FROM {data.relation('deals')} WHERE {data.won}")
        }
        listed = ", ".join(
            f"{'none' if stage is None else repr(stage)} {count:,}{' (won)' if stage in winning else ''}"
            for stage, count in seen[:LISTED]
        )
        more = f" and {len(seen) - LISTED} more" if len(seen) > LISTED else ""
        yield Finding(
            check="stages",
            about="deals.stage",
            text=f"stages of deals: {listed}{more}",
            level="info",
            count=len(seen),
            total=total,
        )


def left_out_deals(data: CheckedData) -> Iterator[Finding]:
    """Yield won deals that reports leave out for want of an amount or a date, and amounts of nothing or less."""
    if not data.says_won or not data.has("deals.amount", "deals.closed_at"):
        missing = [name for name in ("amount", "closed_at") if not data.has(f"deals.{name}")]
        if missing:
            yield Finding(
                check="left-out-deals",
                about="deals",
                text=f"deals has no {' and no '.join(missing)}: there are no reports of revenue",
                level="error",
                count=data.count_of("deals"),
                total=data.count_of("deals"),
                mend=f"sources: {{deals: {{columns: {{{', '.join(f'{name}: <header>' for name in missing)}}}}}}}",
            )
        return
    total = data.counts(f"SELECT count(*) FROM {data.relation('deals')} WHERE {data.won}")[0]
    conditions = (
        ("amount", "s.amount IS NULL"),
        ("closed_at", "s.amount IS NOT NULL AND s.closed_at IS NULL"),
        ("created_at", "s.amount IS NOT NULL AND s.closed_at IS NOT NULL AND s.created_at IS NULL"),
    )
    for (reason, count), (column, condition) in zip(left_out(data.con, data.request), conditions, strict=True):
        if count:
            yield Finding(
                check="left-out-deals",
                about=f"deals.{column}",
                text=f"{count:,} of {total:,} {reason}: no report of revenue has them",
                level="warning",
                count=count,
                total=total,
                value=None if column == "amount" else data.part_of_value(condition),
                examples=data.examples("deals", f"{data.won} AND {condition}", "s.deal_id"),
                mend=f"fill {column} of these deals at the source",
            )
    for what, condition, level in (
        ("a negative amount, which takes revenue away", "s.amount < 0", "warning"),
        ("an amount of 0: they count as deals, and no revenue", "s.amount = 0", "info"),
    ):
        count = data.counts(f"SELECT count(*) FROM {data.relation('deals')} WHERE {data.won} AND {condition}")[0]
        if count:
            yield Finding(
                check="amounts",
                about="deals.amount",
                text=f"{count:,} of {total:,} won deals have {what}",
                level="warning" if level == "warning" else "info",
                count=count,
                total=total,
                value=None if level == "info" else data.part_of_value(condition),
                examples=data.examples("deals", f"{data.won} AND {condition}", "s.deal_id"),
            )


def closed_before_created(data: CheckedData) -> Iterator[Finding]:
    """Yield won deals that closed before they were created: interactions between the two dates earn nothing."""
    if not data.says_won or not data.has("deals.closed_at", "deals.created_at"):
        return
    condition = "s.closed_at < date_trunc('day', s.created_at)"
    count, total = data.counts(
        f"SELECT count(*) FILTER (WHERE {condition}), count(*) FROM {data.relation('deals')} WHERE {data.won}"
    )
    if count:
        yield Finding(
            check="closed-before-created",
            about="deals.closed_at",
            text=f"{count:,} of {total:,} won deals closed before the day of their creation: they were entered later, "
            "and their deal-creation position is not filled as it should be",
            level="warning",
            count=count,
            total=total,
            value=data.part_of_value(condition),
            examples=data.examples("deals", f"{data.won} AND {condition}", "s.closed_at"),
            mend="correct the dates at the source",
        )
