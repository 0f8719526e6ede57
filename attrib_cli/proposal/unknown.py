"""Why a file is no table that is known, and what would make it one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrib_cli.engine.quoting import identifier
from attrib_cli.proposal.columns import Looked
from attrib_cli.proposal.file import File
from attrib_cli.proposal.headers import called
from attrib_cli.proposal.shapes import dictionary

if TYPE_CHECKING:
    import duckdb

_MOST_HEADERS = 8


def why_unknown(con: duckdb.DuckDBPyConnection, file: File) -> str:
    """Return why a file that was recognised as no table is none, in words for people."""
    if not file.rows:
        why = "it has no rows"
    elif (header := _wrapped(con, file)) is not None:
        return (
            f"one object whose '{header}' lists the rows: `jq -c '.{header}[]'` makes a line of each, which can be read"
        )
    elif _is_spend_without_day(con, file):
        why = "spend without a day, which is of no period: break the export down by day"
    else:
        why = "nothing that is known"
    return f"{why}; its headers: {', '.join(file.headers[:_MOST_HEADERS])}"


def _wrapped(con: duckdb.DuckDBPyConnection, file: File) -> str | None:
    """Return the field of a single object of JSON that holds a list of objects; None for none."""
    if file.rows > 1:
        return None
    for header in file.headers:
        held = con.execute(f"SELECT {identifier(header)} FROM {file.relation}").fetchall()[0][0]
        if str(held or "").startswith("[{"):
            return header
    return None


def _is_spend_without_day(con: duckdb.DuckDBPyConnection, file: File) -> bool:
    """Whether a file has campaigns and what was spent on them, but no dates."""
    looked, names = Looked(con, file), dictionary().headers["campaign_spend"]
    amounts = (header for header in called(file, "campaign_spend", names["amount"]) if looked[header].amounts)
    named = next(called(file, "campaign_spend", ("campaign_id", *names["campaign_id"])), None)
    return named is not None and next(amounts, None) is not None and not any(looked[one].dated for one in file.headers)
