"""A company's own workbook, filled with reports: only the cells that they need are changed."""
