"""From reports to files that are announced and sent: what `attrib export` does once it knows what was asked."""

from attrib_cli.exports.collect import dashboard_items, described_item, refuse_in_ledger, saved_items
from attrib_cli.exports.job import ExportItem, ExportJob
from attrib_cli.exports.run import explain, export_reports

__all__ = [
    "ExportItem",
    "ExportJob",
    "dashboard_items",
    "described_item",
    "explain",
    "export_reports",
    "refuse_in_ledger",
    "saved_items",
]
