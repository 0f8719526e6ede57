"""The SQL of a dimension of time: the text of a conversion's moment, and the order of such texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrib_cli.engine.buckets import Bucket, calendar_of, find_bucket
from attrib_cli.engine.quoting import literal

if TYPE_CHECKING:
    from attrib_cli.engine.dimensions import Field
    from attrib_cli.engine.sql.resolved import Request

SHIFTS = ("p.shift_months", "p.shift_days")
"""By how much the local time of period p is moved onto the days of the period reported."""


def bucket_of(field: Field) -> Bucket:
    """Return the bucket that a field of time is; raises LookupError for another field."""
    bucket = find_bucket(field.column) if field.level == "bucket" else None
    if bucket is None:
        raise LookupError(f"{field.name} is no bucket of time")
    return bucket


def bucket_label(request: Request, field: Field, local: str, shifts: tuple[object, object] | None = SHIFTS) -> str:
    """The SQL of what a row shows of the local timestamp `local`.

    Where periods are compared, it is moved by `shifts` (months, days) onto the period reported, if the bucket follows
    time; what comes again every week stays what it was.
    """
    bucket = bucket_of(field)
    if request.compared and bucket.over_time and shifts is not None:
        local = f"({local} + to_months({shifts[0]}) + to_days({shifts[1]}))"
    return bucket.sql(local, calendar_of(request.settings))


def bucket_order(request: Request, field: Field, label: str) -> str:
    """The SQL that the texts of a bucket are sorted by: the texts themselves, or their places among its values."""
    bucket = bucket_of(field)
    if bucket.values is None or field.groups is not None:
        return label
    listed = ", ".join(literal(value) for value in bucket.values(calendar_of(request.settings)))
    return f"list_position([{listed}], {label})"
