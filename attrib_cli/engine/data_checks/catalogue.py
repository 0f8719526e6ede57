"""Every check as one entry: its name, the tables it needs, and what its findings mean for the figures.

The command, the configuration's list of what to ignore, and docs/check.md come from here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from attrib_cli.engine.data_checks import (
    campaigns,
    conversions,
    currencies,
    dates,
    deals,
    joins,
    keys,
    midnights,
    paths,
    sources,
    spelling,
    spend_periods,
    touchpoints,
)
from attrib_cli.engine.data_checks.data import CheckedData
from attrib_cli.engine.data_checks.finding import Finding
from attrib_cli.engine.errors import UsageError, did_you_mean
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.source_spec import PATHS


@frozen
class Check:
    """One kind of finding.

    `name` is stable, for programs and for ``check: ignore:``. `about` is what is looked for and `means` what that does
    to the figures, for people. `run` yields the findings, where all of `tables` could be read; checks that share a
    function are run once. None where reading the tables itself finds it. `of_paths` are the checks of a file of paths
    with counts, of which no others are asked.
    """

    name: str
    about: str
    means: str
    tables: tuple[str, ...] = ()
    of_paths: bool = False
    run: Callable[[CheckedData], Iterable[Finding]] | None = None


CHECKS: tuple[Check, ...] = (
    Check(
        name="unreadable",
        about="Files and values that cannot be read: dates and numbers that are none, broken rows, missing columns",
        means="No report that needs the table can be made.",
    ),
    Check(
        name="source-rules",
        about="Rows that the rules of a source leave out or fill up, and values that its lookups do not find",
        means="Figures are of what is left.",
        of_paths=True,
        run=sources.source_rules,
    ),
    Check(
        name="repeated-ids",
        about="Ids of contacts, deals, campaigns and your own conversions that stand twice or are missing",
        means="Reports refuse such a table: it would count one deal twice.",
        run=keys.repeated_ids,
    ),
    Check(
        name="incomplete-conversions",
        about="Conversions of your own without a moment, without a contact or deal, or without a value",
        means="Without a moment they are left out, without contact or deal unattributed, without value worth 0.",
        run=conversions.incomplete,
    ),
    Check(
        name="conversions-without-touchpoints",
        about="Conversions of your own whose contact, or all contacts of whose deal, have no touchpoint",
        means="They are unattributed.",
        tables=("touchpoints",),
        run=conversions.without_touchpoints,
    ),
    Check(
        name="no-touchpoints",
        about="A table of touchpoints without rows",
        means="Every conversion is unattributed.",
        tables=("touchpoints",),
        run=touchpoints.no_touchpoints,
    ),
    Check(
        name="unusable-touchpoints",
        about="Touchpoints without contact or time",
        means="They are in no journey, so that their channels get too little credit.",
        tables=("touchpoints",),
        run=dates.unusable,
    ),
    Check(
        name="repeated-touchpoints",
        about="Touchpoints whose id stands twice, or, without ids, that are equal in every column",
        means="Each counts as an interaction, so that its channel gets too much credit.",
        tables=("touchpoints",),
        run=keys.repeated_touchpoints,
    ),
    Check(
        name="won-deals",
        about="No deal that counts as won, few, or won stages that no deal is in",
        means="Revenue is too low, or there is none.",
        tables=("deals",),
        run=deals.stages,
    ),
    Check(
        name="stages",
        about="The stages of deals, and which of them count as won",
        means="Revenue is of the won ones alone.",
        tables=("deals",),
        run=deals.stages,
    ),
    Check(
        name="left-out-deals",
        about="Won deals without amount, closing date or creation date",
        means="No report of revenue has them; they are counted below each report.",
        tables=("deals",),
        run=deals.left_out_deals,
    ),
    Check(
        name="amounts",
        about="Won deals of a negative amount, or of 0",
        means="A negative amount takes credit away from the channels of its journey.",
        tables=("deals",),
        run=deals.left_out_deals,
    ),
    Check(
        name="closed-before-created",
        about="Won deals that closed before the day they were created",
        means="The last interaction holds the deal-creation position too.",
        tables=("deals",),
        run=deals.closed_before_created,
    ),
    Check(
        name="currencies",
        about="The currencies of won deals, campaigns and spend, and those without an exchange rate",
        means="Reports refuse to add up amounts of several currencies.",
        run=currencies.of_amounts,
    ),
    Check(
        name="deals-without-contacts",
        about="Deals that have no contact",
        means="They are unattributed, whatever their buyers did.",
        tables=("deals",),
        run=joins.deals_and_contacts,
    ),
    Check(
        name="unknown-deals",
        about="Rows of deal_contacts whose deal is not in deals",
        means="None, where deals are a part of all; a sign of ids written in two ways where there are many.",
        tables=("deals", "deal_contacts"),
        run=joins.deals_and_contacts,
    ),
    Check(
        name="unknown-contacts-of-deals",
        about="Contacts of deals that are not in contacts",
        means="The lead-creation position cannot be found by them, and filters on contacts leave them out.",
        tables=("deals", "contacts"),
        run=joins.deals_and_contacts,
    ),
    Check(
        name="contacts-without-touchpoints",
        about="Contacts of deals without any touchpoint",
        means="Deals all of whose contacts are so are unattributed.",
        tables=("touchpoints", "deals"),
        run=joins.contacts_and_touchpoints,
    ),
    Check(
        name="untouched-contacts",
        about="Contacts without any touchpoint",
        means="In reports of contacts they are unattributed.",
        tables=("touchpoints", "contacts"),
        run=joins.contacts_and_touchpoints,
    ),
    Check(
        name="touchpoints-without-contact",
        about="Touchpoints whose contact is not in contacts",
        means="In reports of contacts they earn nothing.",
        tables=("touchpoints", "contacts"),
        run=joins.contacts_and_touchpoints,
    ),
    Check(
        name="unknown-campaigns",
        about="Touchpoints with a campaign that campaigns does not have",
        means="Rows show the id or text itself, without budget, owner and spend.",
        tables=("touchpoints", "campaigns"),
        run=joins.campaigns_and_touchpoints,
    ),
    Check(
        name="campaigns-without-touchpoints",
        about="Campaigns that no touchpoint names",
        means="They get no credit, and their return is that of spend alone.",
        tables=("touchpoints", "campaigns"),
        run=joins.campaigns_and_touchpoints,
    ),
    Check(
        name="campaigns-of-touchpoints",
        about="By what touchpoints belong to campaigns: their own id, their asset, their utm_campaign",
        means="Interactions of no campaign have a row of their own; several campaigns share an interaction's credit.",
        tables=("touchpoints",),
        run=campaigns.memberships,
    ),
    Check(
        name="campaign-assets",
        about="Rows of campaign_assets without asset or campaign, of an unknown one, or that end before they begin",
        means="Interactions with these assets belong to no campaign by them, or to one that rows show as a text.",
        tables=("touchpoints", "campaign_assets"),
        run=campaigns.assets,
    ),
    Check(
        name="assets-without-touchpoints",
        about="Assets of campaigns that no touchpoint names",
        means="Where there are many, assets are written in two ways: by title here and by id there.",
        tables=("touchpoints", "campaign_assets"),
        run=campaigns.assets,
    ),
    Check(
        name="spend",
        about="Rows of spend without campaign, day or amount, or of a campaign that nobody knows",
        means="Spend in periods and returns are too low, or stand in a row of their own.",
        tables=("touchpoints", "campaign_spend"),
        run=campaigns.spend,
    ),
    Check(
        name="spend-of-several-days",
        about="Rows of spend with a first and a later last day, such as `Reporting starts` and `Reporting ends`",
        means="All of it counts on the first day: spend and returns by time, and of periods, are wrong.",
        tables=("campaign_spend",),
        run=spend_periods.of_several_days,
    ),
    Check(
        name="future-dates",
        about="What happened after today",
        means="Often day and month were exchanged: interactions move behind conversions and lose their credit.",
        run=dates.future_dates,
    ),
    Check(
        name="implausible-dates",
        about="What happened before 1995",
        means="Often a program's default, such as 1970-01-01, which makes an interaction the first of its journey.",
        run=dates.implausible_dates,
    ),
    Check(
        name="range-of-dates",
        about="From when to when touchpoints are, and won deals that closed before the first of them",
        means="What closed before anything was tracked is unattributed.",
        tables=("touchpoints",),
        run=dates.range_of_dates,
    ),
    Check(
        name="closings-at-midnight",
        about="Closings and your own conversions that are days without a time of day, with touchpoints later that day",
        means="A day is its midnight: what happened later on the day of a conversion earns nothing of it.",
        tables=("touchpoints",),
        run=midnights.closings_at_midnight,
    ),
    Check(
        name="days-without-touchpoints",
        about="Stretches of days without any touchpoint, where many are usual",
        means="Journeys over these days lack interactions: others get their credit.",
        tables=("touchpoints",),
        run=dates.days_without_touchpoints,
    ),
    Check(
        name="absurd-rates",
        about="Contacts with more touchpoints a day than a person has",
        means="Under linear and decay models such a contact's channels take nearly all of its deals.",
        tables=("touchpoints",),
        run=touchpoints.absurd_rates,
    ),
    Check(
        name="touchpoints-after-conversion",
        about="Touchpoints after the last conversion of their contact",
        means="They earn nothing. Many of them are a sign of closing dates that are too early.",
        tables=("touchpoints",),
        run=touchpoints.after_conversion,
    ),
    Check(
        name="spelled-alike",
        about="Names that differ in case or blanks alone",
        means="Each spelling has a row of its own, with a part of the figure.",
        run=spelling.spelled_alike,
    ),
    *(
        Check(name=name, about=about, means=means, tables=(PATHS,), of_paths=True, run=paths.of_paths)
        for name, about, means in (
            (
                "paths",
                "Paths with counts: how many, of which channels, and how many journeys converted",
                "Figures are of these.",
            ),
            (
                "paths-of-one-step",
                "Paths none of which has a second step",
                "The separator is another, or nothing is shared.",
            ),
            ("only-converting-paths", "No path that did not convert", "Data-driven models can tell little."),
            ("paths-without-value", "Conversions of paths without a value", "They are worth 0, or revenue is refused."),
            ("empty-paths", "Conversions of an empty path", "They are unattributed; often the row is a total."),
            ("repeated-paths", "Rows of paths that are equal to an earlier one", "Their conversions count twice."),
        )
    ),
)


def known_check(name: str) -> Check:
    """Return the check called `name`; raises UsageError for none."""
    for check in CHECKS:
        if check.name == name.strip().casefold():
            return check
    names = [check.name for check in CHECKS]
    raise UsageError(f"there is no check '{name}'", hint=did_you_mean(name, names) or f"Checks: {', '.join(names)}.")
