"""From files to a proposal: every file recognised, the joins tried, what is left open asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.backends.duckdb import connection, translated
from attrib_cli.engine.errors import SourceError, UsageError
from attrib_cli.engine.settings import CONVERSIONS
from attrib_cli.engine.source_spec import ALL_TABLES, PATHS, TABLES
from attrib_cli.proposal.answers import Answers, Doubt
from attrib_cli.proposal.beside import looked_up_beside
from attrib_cli.proposal.by_content import guesses
from attrib_cli.proposal.campaign_joins import assets, campaigns, campaigns_of_touchpoints
from attrib_cli.proposal.columns import Looked
from attrib_cli.proposal.companies import of_companies
from attrib_cli.proposal.dates import say_how_dates_are_written
from attrib_cli.proposal.days import ends_of_days
from attrib_cli.proposal.file import File, Unread, unread
from attrib_cli.proposal.folders import find, foreign
from attrib_cli.proposal.identities import identified
from attrib_cli.proposal.joins import agree_on_contacts, known_by_ids_of_others, leads
from attrib_cli.proposal.look import look
from attrib_cli.proposal.marked import marked_conversions
from attrib_cli.proposal.own_conversions import OWN, kind_of, of_events, tell_kinds_apart
from attrib_cli.proposal.owners import also_by_id, whose_deals
from attrib_cli.proposal.plan import Join, Merge, Plan, Proposal
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


@dataclass(kw_only=True)
class _Draft:
    """A proposal while it is made: the files, the plans so far, and what is to be said of them."""

    con: duckdb.DuckDBPyConnection
    files: Sequence[File]
    answers: Answers
    plans: list[Plan] = field(default_factory=list)
    joins: list[Join] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    left_out: list[Unread] = field(default_factory=list)

    def use(self, names: Collection[str]) -> None:
        """Say of files no more that they are left out."""
        self.left_out = [one for one in self.left_out if one.path not in names]


def propose(
    given: Collection[Path], base: Path, answers: Answers, *, progress: Callable[[str], None] | None = None
) -> Proposal:
    """Look at files and return what they probably are; paths are relative to `base`, the configuration's folder.

    Raises SourceError where there is no file, or none from which a report could be made.
    """
    paths = find(given)
    if not paths:
        raise SourceError("no data files here", place=", ".join(map(str, given)), hint="Name files, or another folder.")
    say = progress or (lambda doing: None)
    with connection() as con, translated():
        say(f"looking at {len(paths)} files")
        looked_at, damaged = look(con, paths, base)
        files = together(con, looked_at, base, answers.tables)
        check_answers(files, damaged, answers)
        draft = _Draft(con=con, files=files, answers=answers, left_out=[*damaged, *foreign(given, base)])
        _recognise(draft, say)
        people = _tell_rows_apart(draft)
        say("trying the joins")
        _say_whose(draft, people)
        _say_of_which_campaign(draft)
        merges = _look_for_repeats(draft)
        settings, in_doubt = _settings(con, draft.plans, answers)
        ends_of_days(con, draft.plans)
    draft.doubts += in_doubt
    draft.doubts += [_table_in_doubt(plan) for plan in draft.plans if plan.doubtful]
    own = (plan.table for plan in draft.plans if plan.table.endswith(CONVERSIONS))
    tables = dict.fromkeys((*ALL_TABLES, *own))
    by_table = {table: tuple(plan for plan in draft.plans if plan.table == table) for table in tables}
    return Proposal(
        plans={table: found for table, found in by_table.items() if found},
        joins=tuple(dict.fromkeys(draft.joins)),
        settings=settings,
        doubts=tuple(draft.doubts),
        left_out=tuple(draft.left_out),
        merges=merges,
    )


def _recognise(draft: _Draft, say: Callable[[str], None]) -> None:
    """Make plans of the files that are known, then guess of the others what the tables lack."""
    unknown: list[File] = []
    for file in draft.files:
        say(f"recognising {file.name}")
        try:
            found = recognised(draft.con, file, draft.answers)
        except SourceError as error:
            draft.left_out.append(unread(file.name, error))
            continue
        draft.plans += found
        if not found and skipped(file, draft.answers):
            draft.left_out.append(Unread(path=file.name, why="--table says skip"))
        elif not found:
            draft.left_out.append(Unread(path=file.name, why=why_unknown(draft.con, file)))
            unknown.append(file)
    draft.plans, idle = without_idle_guesses(draft.plans)
    draft.left_out += idle
    for plan in guesses(draft.con, draft.plans, unknown):
        complete(plan, Looked(draft.con, plan.file))
        draft.plans.append(plan)
        draft.use([plan.file.name])
    for plan, doubt in [*marked_conversions(draft.con, draft.plans, draft.answers)]:
        complete(plan, Looked(draft.con, plan.file))
        draft.plans.append(plan)
        draft.doubts.append(doubt)


def _tell_rows_apart(draft: _Draft) -> set[str]:
    """Find times of day, conversions among events, and lookups in files beside; return the files that tell people."""
    con, plans = draft.con, draft.plans
    tell_of_periods(con, plans)
    of_times = times_of_days(con, plans, draft.answers)
    conversions, which = of_events(con, plans, draft.answers)
    plans += conversions
    tell_kinds_apart(plans)
    people = stitched(con, plans, draft.files)
    tell_of_pieces(plans)
    draft.plans, useless = looked_up_beside(plans, draft.files)
    draft.use([name for plan in draft.plans for name in plan.beside])
    draft.left_out += useless
    draft.doubts += which + of_times
    return people


def _say_whose(draft: _Draft, people: set[str]) -> None:
    """Find whose deals and touchpoints are; `people` are names of files that say so and are used already."""
    con, plans = draft.con, draft.plans
    deal_contacts, used = whose_deals(con, plans, draft.files)
    plans += deal_contacts
    draft.use(used | people | identified(con, plans, draft.files))
    known_by_ids_of_others(con, plans)
    deal_contacts, of_company = of_companies(con, plans)
    plans += deal_contacts
    joins, unmatched = agree_on_contacts(con, plans)
    also_by_id(con, plans, draft.answers)
    draft.joins += joins + leads(con, plans)
    draft.doubts += of_company + unmatched


def _say_of_which_campaign(draft: _Draft) -> None:
    """Find the columns that name campaigns, and leave out assets of campaigns that no touchpoint could name."""
    campaigns_of_touchpoints(draft.con, draft.plans)
    draft.joins += campaigns(draft.con, draft.plans)
    joins, idle = assets(draft.con, draft.plans)
    draft.joins += joins
    draft.plans = [plan for plan in draft.plans if plan not in idle]
    why = "assets of campaigns, and no touchpoint says its asset (asset_title, asset_id)"
    draft.left_out += [Unread(path=plan.file.name, why=why) for plan in idle]


def _look_for_repeats(draft: _Draft) -> Mapping[str, Merge]:
    """Take off refunds, and ask about rows and sales that stand twice; return the tables with rows in common."""
    take_off_refunds(draft.con, draft.plans)
    in_common, merges = overlapping(draft.con, draft.plans, draft.answers)
    draft.doubts += twice(draft.con, draft.plans) + in_common + recorded_twice(draft.con, draft.plans)
    return merges


def _table_in_doubt(plan: Plan) -> Doubt:
    """Return the question which table a guess is."""
    return Doubt(
        question=f"which table is {plan.file.name}?",
        taken=OWN if plan.table.endswith(CONVERSIONS) else plan.table,
        option=f"--table '{plan.file.name}=TABLE'",
        answered=_table_answered(plan.file.name),
        choices=(*TABLES, OWN, SKIP),
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
