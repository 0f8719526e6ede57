"""The tables and the columns that mean something to the program, as data.

Everything that needs to know what a column holds asks here; a new known column is one entry.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.settings import CONVERSIONS
from attrib_cli.engine.source_spec import PATHS, TableName

Kind = Literal["id", "text", "timestamp", "date", "decimal", "boolean", "number", "other", "twice"]
"""What a column holds; nothing can be cut by `other`, such as lists, and by a header that stands `twice`."""


@frozen
class KnownTable:
    """A table of the specification: what must be there, and the kind of every column with a meaning."""

    required: tuple[str, ...]
    kinds: Mapping[str, Kind]


def _table(required: Mapping[str, Kind], optional: Mapping[str, Kind]) -> KnownTable:
    return KnownTable(required=tuple(required), kinds=MappingProxyType({**required, **optional}))


CATALOGUE: Mapping[str, KnownTable] = MappingProxyType(
    {
        "touchpoints": _table(
            {"contact_id": "id", "occurred_at": "timestamp"},
            {
                "touchpoint_id": "id",
                "campaign_id": "id",
                "channel": "text",
                "interaction_type": "text",
                "interaction_source": "text",
                "asset_type": "text",
                "asset_id": "id",
                "asset_title": "text",
                "content_type": "text",
                "utm_campaign": "text",
                "cost": "decimal",
            },
        ),
        "contacts": _table(
            {"contact_id": "id", "created_at": "timestamp"},
            {"lifecycle_stage": "text", "buying_role": "text"},
        ),
        "deals": _table(
            {"deal_id": "id", "created_at": "timestamp"},
            {
                "closed_at": "timestamp",
                "amount": "decimal",
                "is_won": "boolean",
                "stage": "text",
                "pipeline": "text",
                "deal_type": "text",
                "currency": "text",
                "contact_id": "id",
            },
        ),
        "deal_contacts": _table({"deal_id": "id", "contact_id": "id"}, {}),
        "campaigns": _table(
            {"campaign_id": "id", "name": "text"},
            {
                "starts_on": "date",
                "ends_on": "date",
                "budget": "decimal",
                "spend": "decimal",
                "utm": "text",
                "owner": "text",
                "currency": "text",
            },
        ),
        "campaign_assets": _table(
            {"asset": "id", "campaign_id": "id"},
            {"asset_type": "text", "from": "timestamp", "until": "timestamp", "associated_at": "timestamp"},
        ),
        "campaign_spend": _table({"campaign_id": "id", "spent_on": "date", "amount": "decimal"}, {"currency": "text"}),
    }
)

_OF_CONVERSIONS = _table(
    {"conversion_id": "id", "converted_at": "timestamp"},
    {"contact_id": "id", "deal_id": "id", "conversion_value": "decimal", "currency": "text"},
)


_OF_PATHS = _table({"path": "text"}, {"conversions": "decimal", "value": "decimal", "null": "decimal"})


def known_table(name: TableName) -> KnownTable:
    """Return what is known of a table: of the specification, or of the configuration's own conversions."""
    if name == PATHS:
        return _OF_PATHS
    return _OF_CONVERSIONS if name.endswith(CONVERSIONS) else CATALOGUE[name]


ROW = "source_row"
"""The column that every relation has beside those of the file: the order of the rows over all parts."""


@functools.lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """Return `name` as headers are compared: without case, blanks, ``_`` and ``-``."""
    return "".join(character for character in name.casefold() if character not in " _-\t\u00a0")
