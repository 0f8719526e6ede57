"""From reports to files that are announced and sent: what `attrib export` does once it knows what was asked."""

from attrib_cli.exporting.asked import Export, Item
from attrib_cli.exporting.run import explain, export_reports

__all__ = ["Export", "Item", "explain", "export_reports"]
