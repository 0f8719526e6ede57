"""Report types as data: what converts, when, what it is worth and whose interactions lead to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from attrib_cli.engine.errors import UsageError, did_you_mean


@dataclass(frozen=True, kw_only=True)
class ReportType:
    """One kind of conversion (attribution spec, section 2).

    `title` heads its reports, `done` says in a word what happened at its moment (``closed``).

    `table` holds a row for each candidate, `key` its id, `moment` the column that says when it converted. `counted`
    is the measure of one conversion each, `valued` that of its amount (None where there is none), `primary` the one
    that shares are of. `won_only` restricts to won deals with an amount and a creation date. `positions` are the key
    positions that its journeys have.
    """

    name: str
    title: str
    description: str
    done: str
    table: Literal["contacts", "deals"]
    key: str
    moment: str
    counted: str
    valued: str | None
    primary: str
    positions: tuple[str, ...]
    won_only: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def created_before(self) -> bool:
        """Whether a deal is created before it converts, so that its creation is a key position of its own."""
        return self.table == "deals" and self.moment != "created_at"

    @property
    def pooled(self) -> bool:
        """Whether a journey pools the interactions of several contacts (deals) or is one contact's own."""
        return self.table == "deals"

    @property
    def thing(self) -> str:
        """What one conversion is, in the singular: ``contact`` or ``deal``."""
        return self.table.removesuffix("s")

    @property
    def credited(self) -> str:
        """The measure that a ledger credits to interactions: the amount where conversions have one, else a count."""
        return self.valued or self.counted


CATALOGUE: tuple[ReportType, ...] = (
    ReportType(
        name="contact-create",
        title="Contacts created",
        done="created",
        description="Contacts, credited to what led to their creation",
        table="contacts",
        key="contact_id",
        moment="created_at",
        counted="contacts",
        valued=None,
        primary="contacts",
        positions=("first", "lead", "last"),
        aliases=("contacts", "contact"),
    ),
    ReportType(
        name="deal-create",
        title="Deals created",
        done="created",
        description="Deals and their amounts, whatever the outcome, credited to what led to their creation",
        table="deals",
        key="deal_id",
        moment="created_at",
        counted="deals",
        valued="amount",
        primary="deals",
        positions=("first", "lead", "deal", "last"),
        aliases=("deals", "deal"),
    ),
    ReportType(
        name="revenue",
        title="Revenue",
        done="closed",
        description="Revenue of won deals, credited to what led to their closing",
        table="deals",
        key="deal_id",
        moment="closed_at",
        counted="deals",
        valued="revenue",
        primary="revenue",
        positions=("first", "lead", "deal", "last"),
        won_only=True,
    ),
)


def choose_type(name: str) -> ReportType:
    """Return the report type called `name`, in any case, with ``-`` or ``_``; raises UsageError."""
    folded = name.strip().casefold().replace("_", "-").replace(" ", "-")
    for report_type in CATALOGUE:
        if folded in (report_type.name, *report_type.aliases):
            return report_type
    names = [report_type.name for report_type in CATALOGUE]
    raise UsageError(
        f"there is no report type '{name}'", hint=did_you_mean(folded, names) or f"Report types: {', '.join(names)}."
    )
