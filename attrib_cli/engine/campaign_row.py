"""What the table of campaigns says of one campaign: its days, owner and the like, and what it was to reach."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.measures import BY_NAME
from attrib_cli.engine.row_names import quoted, unquoted

if TYPE_CHECKING:
    from attrib_cli.engine.session import Session

_TARGET = re.compile(r"(?:target|goal)s?_(?P<behind>.+)|(?P<before>.+)_(?:target|goal)s?")
_SHORT = {"new_contacts": "new_contacts_first_touch", "interactions": "touchpoints"}
_SAID_ELSEWHERE = ("campaign_id", "name", "budget", "spend", "currency", "starts_on", "ends_on", "source_row")


@frozen
class CampaignRow:
    """One campaign as its table has it.

    `name` is what rows show. `facts` are columns with a text of their own, by name. `targets` say what a measure was to
    reach: of columns called ``target_revenue`` or ``revenue_goal``, and so on for every measure.
    """

    name: str
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    facts: tuple[tuple[str, str], ...] = ()
    targets: tuple[tuple[str, Decimal], ...] = ()


def campaign_row(session: Session, name: str) -> CampaignRow:
    """Return what the data say of the campaign called `name`, by name or id in any case.

    It is its name alone where there is no table of campaigns, or where none or several are called so.
    """
    if "campaigns" not in session.sources.tables:
        return CampaignRow(name=name)
    with session.translated():
        cursor = session.con.execute(f"SELECT * FROM {session.table('campaigns').relation} AS s ORDER BY source_row")
        columns = [column[0] for column in cursor.description or ()]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    wanted = unquoted(name, "campaign").strip().casefold()
    named = [str(row["name"]) for row in rows if row["name"] is not None]
    found = {}
    for row in rows:
        own, id_ = row["name"], str(row["campaign_id"])
        shown = id_ if own is None else f"{own} ({id_})" if named.count(own) > 1 else str(own)
        if wanted in {text.strip().casefold() for text in (id_, str(own), shown, f"{own} ({id_})")}:
            found[quoted(shown, "campaign")] = row
    if len(found) != 1:
        return CampaignRow(name=name)
    ((shown, row),) = found.items()
    return _read(shown, row)


def _read(name: str, row: Mapping[str, object]) -> CampaignRow:
    facts, targets = [], []
    for column, value in row.items():
        text = "" if value is None else str(value).strip()
        if column in _SAID_ELSEWHERE or not text:
            continue
        match = _TARGET.fullmatch(column.strip().casefold().replace(" ", "_").replace("-", "_"))
        wanted = None if match is None else match["behind"] or match["before"]
        measure = BY_NAME.get(_SHORT.get(wanted or "", wanted or ""))
        number = _number(text)
        if measure is not None and number is not None:
            targets.append((measure.name, number))
        else:
            facts.append((column, text))
    starts, ends = row.get("starts_on"), row.get("ends_on")
    return CampaignRow(
        name=name,
        starts_on=starts if isinstance(starts, dt.date) else None,
        ends_on=ends if isinstance(ends, dt.date) else None,
        facts=tuple(facts),
        targets=tuple(targets),
    )


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
