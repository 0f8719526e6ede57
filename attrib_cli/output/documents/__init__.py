"""Reports as documents: a page or a slide for each, with its title, what was asked, a chart, a table and its source."""
