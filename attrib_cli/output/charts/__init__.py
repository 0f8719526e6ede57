"""Pictures of a report: one description of a chart, from which pages, images and the terminal are drawn."""
