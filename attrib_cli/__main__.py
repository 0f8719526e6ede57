"""``python -m attrib_cli``, and the entry point of the ``attrib`` command."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn

_OBJECTS = 100_000
"""New objects after which Python looks for garbage, in place of 700: what is imported is none, and stays."""


def main() -> None:
    """Run the command line and leave with its exit code; Ctrl-C ends it in peace from the first import to the end."""
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if ours:
        signal.signal(signal.SIGINT, _stop)
    gc.set_threshold(_OBJECTS)
    from attrib_cli.app import run

    if ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        code = run()
    except KeyboardInterrupt:  # in the moment before or after what `run` guards
        _stop(signal.SIGINT, None)
    if ours:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done, and what is temporary is about to be removed
    if code == 0 and sys.gettrace() is None and sys.getprofile() is None and threading.active_count() == 1:
        _leave()
    gc.freeze()  # nor does it look through all there is when it ends
    sys.exit(code)


def _leave() -> None:
    """End with success without taking apart, piece by piece, what was imported; unless output cannot be written."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        return  # the usual end says it
    atexit._run_exitfuncs()
    os._exit(0)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    """End at once while the program is being imported: there is nothing to unwind, and imports swallow exceptions."""
    os.write(2, b"stopped\n")
    os._exit(130)


if __name__ == "__main__":
    main()
