"""Which campaign is meant by what somebody types: its name or its id, in any case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.errors import UsageError, did_you_mean, together
from attrib_cli.engine.row_names import quoted
from attrib_cli.engine.source_spec import Filter
from attrib_cli.engine.sql.resolved import Bound

if TYPE_CHECKING:
    import duckdb

    from attrib_cli.engine.sources import Table


def refuse_two_campaigns(con: duckdb.DuckDBPyConnection, tables: Mapping[str, Table], bounds: Iterable[Bound]) -> None:
    """Raise UsageError where a filter names campaigns by a text that is one's name and another's id.

    Either may be meant, and the sum of both surely is not.
    """
    picked = [filter_ for filter_, field in bounds if field.name == "campaign" and filter_.op in ("=", "!=")]
    values = {value.casefold(): value for filter_ in picked for value in filter_.values if value}
    if not values or "campaigns" not in tables:
        return
    relation = tables["campaigns"].relation
    own = "CAST({}.campaign_id AS VARCHAR)"
    doubles = con.execute(
        f"SELECT {own.format('i')}, i.name, {own.format('n')} FROM (SELECT * FROM {relation} AS s) AS i"
        f" JOIN (SELECT * FROM {relation} AS s) AS n ON lower(n.name) = lower({own.format('i')})"
        " AND n.campaign_id <> i.campaign_id ORDER BY 1, 3"
    ).fetchall()
    errors = [
        UsageError(
            f"'{values[id_.casefold()]}' is the id of the campaign '{id_ if name is None else name}'"
            f" and the name of the campaign {other}",
            hint=f"Say which, by its id: --where 'campaign_id={id_}', or --where 'campaign_id={other}'.",
        )
        for id_, name, other in doubles
        if id_.casefold() in values
    ]
    if errors:
        raise together(errors)


def campaign_filter(
    con: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    names: Sequence[str],
    field: Field,
    *,
    allow_empty: bool = False,
) -> Bound:
    """Return the filter on credits of the campaigns called `names` (name or id, any case), `field` being the campaign.

    Raises UsageError for a campaign that neither the campaigns nor the touchpoints know, with the nearest names, unless
    that is allowed.
    """
    known: dict[str, list[str]] = {}
    labels: list[str] = []

    def know(text: str, value: str | None = None) -> str:
        shown = quoted(text, field.name)
        for called in dict.fromkeys((shown, text, shown.strip(), text.strip())):
            known.setdefault(called.casefold(), []).append(value or shown)
        return shown

    ids: list[str] = []
    if "campaigns" in tables:
        query = f"SELECT CAST(campaign_id AS VARCHAR), name FROM {tables['campaigns'].relation} AS s"
        found = con.execute(query).fetchall()
        times, of_ids = Counter(name for _, name in found), {id_.casefold() for id_, _ in found}
        for id_, name in found:
            called = id_ if name is None else name
            know(id_)
            alone = id_ if called.casefold() in of_ids else quoted(called, field.name)
            know(f"{called} ({id_})", value=alone if times[name] == 1 else None)
            labels.append(know(called))
            ids.append(id_)
    wanted = [name if name.casefold() in known else name.strip() for name in names]
    if any(name.casefold() not in known for name in wanted):
        if "campaign_id" in tables["touchpoints"].columns:
            tables["touchpoints"].bring("campaign_id")
        for name in ("touchpoints", "campaign_assets"):
            if name not in tables or "campaign_id" not in tables[name].columns:
                continue
            query = (
                f"SELECT DISTINCT CAST(campaign_id AS VARCHAR) FROM {tables[name].relation} AS s "
                "WHERE campaign_id IS NOT NULL"
            )
            for (id_,) in con.execute(query).fetchall():
                (ids if "campaigns" in tables else labels).append(know(id_))
    errors = [
        UsageError(
            f"there is no campaign '{name}'",
            hint=_each_campaign(name, known) or did_you_mean(name, [*labels, *ids]) or _some_campaigns(labels),
        )
        for name in wanted
        if name.casefold() not in known
    ]
    if errors and not allow_empty:
        raise together(errors)
    values = dict.fromkeys(text for name in wanted for text in known.get(name.casefold(), [name]))
    return Filter(column=field.name, op="=", values=tuple(values)), field


def _each_campaign(name: str, known: Collection[str]) -> str | None:
    parts = [part.strip() for part in name.split(",")]
    if len(parts) < 2 or not all(part.casefold() in known for part in parts):
        return None
    return "Names may hold commas, so repeat the option: " + " ".join(f"--campaign '{part}'" for part in parts) + "."


def _some_campaigns(labels: Sequence[str]) -> str:
    names = sorted(set(labels))
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"Campaigns: {', '.join(names[:8])}{more}." if names else "The data name no campaign."
