"""A headless Chromium of the system for tests of pages, and the pages it opens; tests are skipped, loudly, without."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = os.environ.get("CHROMIUM") or next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
WITHOUT = "NOT TESTED: pages in a browser, which need Chromium (apt-get install chromium) and playwright ('.[dev]')"


@contextmanager
def chromium() -> Iterator[Any]:
    """Yield a browser; skip what asks for it where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason=WITHOUT)
    if CHROMIUM is None:
        pytest.skip(WITHOUT)
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Opened:
    """A page that was opened from disk, with what it said and asked for."""

    page: Any
    said: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def quiet(self) -> None:
        """Nothing was written to the console, no error was raised, and nothing was asked for but the file itself."""
        assert self.said == []
        assert all(address.startswith("file:") for address in self.requests), self.requests


SCREEN = {"width": 1200, "height": 9000}
"""So high that all of a page is in sight."""


@contextmanager
def opened(browser: Any, file: Path, fragment: str = "", **context: object) -> Iterator[Opened]:
    """Yield a page of its own context on `SCREEN`; it has to have been quiet in the end."""
    made = browser.new_context(**{"viewport": SCREEN, "locale": "en-US", **context})
    page = made.new_page()
    found = Opened(page)
    page.on("console", lambda message: found.said.append(message.text))
    page.on("pageerror", lambda error: found.said.append(str(error)))
    page.on("request", lambda request: found.requests.append(request.url))
    page.goto(file.as_uri() + fragment)
    try:
        yield found
        found.quiet()
    finally:
        made.close()
