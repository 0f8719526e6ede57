"""Saved reports and dashboards: who sees and changes them, and how they are written."""
