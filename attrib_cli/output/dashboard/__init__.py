"""Dashboards: several reports in one view, drawn in the terminal, as JSON, or as a page for a browser."""
