"""Time buckets of the conversion date as labels that sort by time and can be typed back as a period."""

from __future__ import annotations


def bucket_label(bucket: str, local: str, week_starts_on: int) -> str:
    """The SQL of a bucket's label for the local timestamp `local`.

    Weeks that start on Monday are ISO weeks (``2026-W05``); others are named by their first day.
    """
    if bucket == "day":
        return f"strftime({local}, '%Y-%m-%d')"
    if bucket == "month":
        return f"strftime({local}, '%Y-%m')"
    if bucket == "year":
        return f"strftime({local}, '%Y')"
    if bucket == "quarter":
        return f"strftime({local}, '%Y') || '-Q' || quarter({local})"
    if week_starts_on == 0:
        return f"strftime({local}, '%G-W%V')"
    back = f"(isodow({local}) - 1 + 7 - {week_starts_on}) % 7"
    return f"strftime(CAST({local} AS DATE) - CAST({back} AS INTEGER), '%Y-%m-%d')"
