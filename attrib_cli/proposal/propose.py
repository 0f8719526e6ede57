"""From files to a proposal: every file recognised, the joins tried, what is left open asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.backends.duckdb import connection, translated
from attrib_cli.engine.errors import SourceError, UsageError
from attrib_cli.engine.settings import CONVERSIONS
from attrib_cli.engine.source_spec import ALL_TABLES, PATHS, TABLES
from attrib_cli.proposal import by_content
from attrib_cli.proposal.answers import Answers, Doubt
from attrib_cli.proposal.beside import looked_up_beside
from attrib_cli.proposal.columns import Looked
from attrib_cli.proposal.companies import of_companies
from attrib_cli.proposal.dates import say_how_dates_are_written
from attrib_cli.proposal.days import ends_of_days
from attrib_cli.proposal.identities import identified
from attrib_cli.proposal.joins import agree_on_contacts, assets, campaigns, leads
from attrib_cli.proposal.look import File, Unread, find, foreign, look, unread
from attrib_cli.proposal.own_conversions import OWN, kind_of, of_events, tell_kinds_apart
from attrib_cli.proposal.owners import also_by_id, whose_deals
from attrib_cli.proposal.plan import Plan, Proposal
from attrib_cli.proposal.recognise import SKIP, check_answers, complete, recognised, skipped, without_idle_guesses
from attrib_cli.proposal.refunds import take_off_refunds
from attrib_cli.proposal.repeated_rows import overlapping, twice
from attrib_cli.proposal.same_sales import recorded_twice
from attrib_cli.proposal.spend import tell_of_periods
from attrib_cli.proposal.stages import won_deals
from attrib_cli.proposal.stitching import stitched
from attrib_cli.proposal.times import times_of_days
from attrib_cli.proposal.together import tell_of_pieces, together
from attrib_cli.proposal.unknown import why_unknown

if TYPE_CHECKING:
    import duckdb

_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP"}


def propose(
    given: Collection[Path], base: Path, answers: Answers, *, progress: Callable[[str], None] | None = None
) -> Proposal:
    """Look at files and return what they probably are; paths are relative to `base`, the configuration's folder.

    Raises SourceError where there is no file, or none from which a report could be made.
    """
    paths = find(given)
    if not paths:
        raise SourceError("no data files here", place=", ".join(map(str, given)), hint="Name files, or another folder.")
    with connection() as con, translated():
        if progress:
            progress(f"looking at {len(paths)} files")
        looked_at, damaged = look(con, paths, base)
        files = together(con, looked_at, base, answers.tables)
        check_answers(files, damaged, answers)
        plans: list[Plan] = []
        unknown: list[File] = []
        left_out = [*damaged, *foreign(given, base)]
        for file in files:
            if progress:
                progress(f"recognising {file.name}")
            try:
                found = recognised(con, file, answers)
            except SourceError as error:
                left_out.append(unread(file.name, error))
                continue
            plans += found
            if not found and skipped(file, answers):
                left_out.append(Unread(path=file.name, why="--table says skip"))
            elif not found:
                left_out.append(Unread(path=file.name, why=why_unknown(con, file)))
                unknown.append(file)
        plans, idle_guesses = without_idle_guesses(plans)
        left_out += idle_guesses
        for plan in by_content.guesses(con, plans, unknown):
            complete(plan, Looked(con, plan.file))
            plans.append(plan)
            left_out = [one for one in left_out if one.path != plan.file.name]
        tell_of_periods(con, plans)
        of_times = times_of_days(con, plans, answers)
        of_types, doubts = of_events(con, plans, answers)
        plans += of_types
        tell_kinds_apart(plans)
        of_people = stitched(con, plans, files)
        tell_of_pieces(plans)
        plans, more_left_out = looked_up_beside(plans, files)
        used = {path for plan in plans for path in plan.beside}
        left_out = [one for one in left_out if one.path not in used] + more_left_out
        if progress:
            progress("trying the joins")
        of_deals, used = whose_deals(con, plans, files)
        plans += of_deals
        used |= of_people | identified(con, plans, files)
        left_out = [one for one in left_out if one.path not in used]
        by_content.known_by_ids_of_others(con, plans)
        of_deals, whose = of_companies(con, plans)
        plans += of_deals
        joins, unmatched = agree_on_contacts(con, plans)
        also_by_id(con, plans, answers)
        joins += leads(con, plans)
        by_content.campaigns_of_touchpoints(con, plans)
        joins += campaigns(con, plans)
        of_assets, idle = assets(con, plans)
        joins += of_assets
        plans = [plan for plan in plans if plan not in idle]
        why = "assets of campaigns, and no touchpoint says its asset (asset_title, asset_id)"
        left_out += [Unread(path=plan.file.name, why=why) for plan in idle]
        take_off_refunds(con, plans)
        in_common, merges = overlapping(con, plans, answers)
        unmatched += twice(con, plans) + in_common + recorded_twice(con, plans)
        settings, more = _settings(con, plans, answers)
        ends_of_days(con, plans)
    doubts += of_times + whose + unmatched + more
    doubts += [
        Doubt(
            question=f"which table is {plan.file.name}?",
            taken=OWN if plan.table.endswith(CONVERSIONS) else plan.table,
            option=f"--table '{plan.file.name}=TABLE'",
            answered=_table_answered(plan.file.name),
            choices=(*TABLES, OWN, SKIP),
        )
        for plan in plans
        if plan.doubtful
    ]
    tables = (*ALL_TABLES, *dict.fromkeys(plan.table for plan in plans if plan.table.endswith(CONVERSIONS)))
    by_table = {table: tuple(plan for plan in plans if plan.table == table) for table in tables}
    return Proposal(
        plans={table: found for table, found in by_table.items() if found},
        joins=tuple(dict.fromkeys(joins)),
        settings=settings,
        doubts=tuple(doubts),
        left_out=tuple(left_out),
        merges=merges,
    )


def _table_answered(name: str) -> Callable[[Answers, str], Answers]:
    """Return what takes a typed table for a file."""
    return lambda answers, typed: replace(answers, tables={**answers.tables, name: typed})


def _settings(
    con: duckdb.DuckDBPyConnection, plans: Sequence[Plan], answers: Answers
) -> tuple[dict[str, object], list[Doubt]]:
    """Return what the configuration says beside its sources, and what of that is in doubt."""
    settings: dict[str, object] = {}
    doubts: list[Doubt] = []
    if answers.timezone:
        settings["timezone"] = answers.timezone
    for plan in plans:
        settings |= {} if plan.shape is None or plan.table not in ("deals", PATHS) else dict(plan.shape.settings)
    deals = [plan for plan in plans if plan.table == "deals"]
    own = [plan for plan in plans if plan.table.endswith(CONVERSIONS)]
    if own and not deals:
        settings["defaults"] = {"type": kind_of(own[0].table)}
        # A channel of the conversions' file is one of its columns too: the interactions' is meant.
        if "channel" in own[0].file.headers and not any("campaign_id" in plan.columns for plan in plans):
            settings["defaults"] = {"type": kind_of(own[0].table), "by": "touchpoint.channel"}
    if answers.all_won:
        settings["won"] = "all"
    elif answers.won_stages:
        if deals and not any(plan.header("stage") for plan in deals):
            hint = "--all-won says that every deal is won; --column 'deals.stage=HEADER' names a column of stages."
            raise UsageError("no column of the deals holds stages", hint=hint, place="--won-stages")
        settings["won_stages"] = list(answers.won_stages)
    elif deals and not {"won", "won_stages"} & settings.keys():
        doubts += won_deals(con, deals, settings)
    currency = answers.currency or _currency(plans)
    if currency:
        settings["currency"] = currency
    doubts += say_how_dates_are_written(con, plans, answers)
    return settings, doubts


def _currency(plans: Sequence[Plan]) -> str | None:
    """Return the one currency that amounts are written in, by their signs or by a header; None for none or several."""
    if any("currency" in plan.columns for plan in plans if plan.table == "deals"):
        return None
    found: set[str] = set()
    for plan in plans:
        for column in ("amount", "spend", "budget"):
            header = plan.header(column)
            if header is None or column not in plan.columns:
                continue
            named = re.search(r"\(([A-Z]{3})\)", header)
            found |= {named[1]} if named else set()
            samples = plan.looked[header].samples if header in plan.looked else ()
            found |= {code for sign, code in _SIGNS.items() if any(sign in sample for sample in samples)}
    return found.pop() if len(found) == 1 else None
