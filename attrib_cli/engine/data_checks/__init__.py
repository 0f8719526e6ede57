"""What a set of tables means for the figures, found in one look at all rows: ``attrib check``."""

from attrib_cli.engine.data_checks.catalogue import CHECKS, Check, known_check
from attrib_cli.engine.data_checks.finding import LEVELS, Example, Finding, Level
from attrib_cli.engine.data_checks.run import Checked, check_data

__all__ = ["CHECKS", "LEVELS", "Check", "Checked", "Example", "Finding", "Level", "check_data", "known_check"]
