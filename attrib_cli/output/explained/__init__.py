"""What is behind a figure, as a table, a page, CSV or JSON: a journey, or the conversions of a row."""
