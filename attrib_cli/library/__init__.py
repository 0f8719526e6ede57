"""The program in a notebook: reports and dashboards of files and of other libraries' tables."""
