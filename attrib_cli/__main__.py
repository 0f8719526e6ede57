"""``python -m attrib_cli``, and the entry point of the ``attrib`` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    from attrib_cli.app import run

    sys.exit(run())


if __name__ == "__main__":
    main()
