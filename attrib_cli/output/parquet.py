"""Parquet: the rows with exact decimals, and what they are in the file's metadata.

Nothing in the file depends on the moment or the machine, so equal reports give equal bytes.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from attrib_cli.output.described import Json, columns_of, described
from attrib_cli.output.named_report import NamedReport
from attrib_cli.output.origin import KEY, origin_of
from attrib_cli.output.side_by_side import laid_out
from attrib_cli.output.values import plain, text_flags

if TYPE_CHECKING:
    from attrib_cli.engine.report import Report, Summary
    from attrib_cli.engine.spec import ReportSpec
    from attrib_cli.output.registry import WriteOptions


def write(report: Report, options: WriteOptions) -> Iterator[bytes]:
    """Yield the report as one Parquet file; the schema's metadata holds the keys of `metadata`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    shown = laid_out(report, options)
    table = _with_texts(shown).to_arrow()
    made = origin_of("parquet", [NamedReport.of(report, options)], options)
    about = {**described(report), "columns": columns_of(shown)}
    said = {**summary_metadata(report.summary, report.spec, about), **({} if made is None else {KEY: made})}
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), **said})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    yield sink.getvalue().to_pybytes()


def metadata(report: Report) -> dict[str, str]:
    """Return what the file says about itself: report type, models, days and currency, as far as they are known."""
    return summary_metadata(report.summary, report.spec, described(report))


def summary_metadata(summary: Summary, spec: ReportSpec, about: Mapping[str, Json]) -> dict[str, str]:
    """Return the same from what was counted and asked, and all that is known of the report as JSON."""
    dates = summary.dates
    found = {
        "attrib.type": summary.type,
        "attrib.models": ",".join(spec.models),
        "attrib.from": dates.start.isoformat() if dates.start else "",
        "attrib.to": dates.end.isoformat() if dates.end else "",
        "attrib.period": dates.label,
        "attrib.currency": summary.currency or "",
        "attrib.conversions": str(summary.conversions),
        "attrib.about": json.dumps(about, ensure_ascii=False),
    }
    return {key: value for key, value in found.items() if value}


def _with_texts(report: Report) -> Report:
    """Return the report with days and numbers in text columns as the texts that the other formats show."""
    is_text = text_flags(report)
    odd = any(cell is not None and not isinstance(cell, str) for row in report.rows for cell in _texts(row, is_text))
    if not odd:
        return report
    rows = [
        tuple(plain(c) if text and c is not None else c for c, text in zip(row, is_text, strict=True))
        for row in report.rows
    ]
    return dataclasses.replace(report, rows=rows)


def _texts(row: tuple[object, ...], is_text: tuple[bool, ...]) -> Iterator[object]:
    return (cell for cell, text in zip(row, is_text, strict=True) if text)
