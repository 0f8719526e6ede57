"""The ledger of a report: a row for each interaction and conversion with what it earns."""

from attrib_cli.engine.ledger.parts import LedgerParts, open_ledger_parts
from attrib_cli.engine.ledger.stream import Ledger, explain_ledger, open_ledger

__all__ = ["Ledger", "LedgerParts", "explain_ledger", "open_ledger", "open_ledger_parts"]
