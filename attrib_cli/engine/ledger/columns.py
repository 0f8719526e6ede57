"""The columns of the ledger: what they are called, and the dimensions that order its rows."""

from __future__ import annotations

from attrib_cli.engine.dimensions import Field
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.models import Model, fold

OCCURRED_AT = "touchpoint.occurred_at"
TOUCHPOINT_ID = "touchpoint.touchpoint_id"
ROW = Field(name="source_row", level="interaction", table="touchpoints", column="source_row", kind="number")
"""The place of an interaction in its source, which orders those of equal time and id."""


@frozen
class LedgerColumn:
    """A column of the ledger beside those of the models: its header, and which dimension of the request it shows."""

    header: str
    number: int


def model_columns(model: Model) -> tuple[str, str]:
    """Return the headers of a model's share and credit: ``u_shaped_share`` and ``u_shaped_credit``."""
    return f"{_header(model.name)}_share", credit_column(model.name)


def credit_column(model: str) -> str:
    """Return the header of the credit under the model of this name."""
    return f"{_header(model)}_credit"


def _header(model: str) -> str:
    return fold(model).replace("-", "_")
