"""The pictures of README.md, made from the example data: ``python -m tools.pictures``.

They need Chromium and playwright (``pip install '.[dev]'``); nothing is fetched.
"""

from __future__ import annotations

import contextlib
import html
import shutil
import sys
import tempfile
from pathlib import Path

from attrib_cli.app import run
from attrib_cli.terminal.console import Console

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
TODAY = "2026-06-20"
BOARD = """
reports:
  Revenue by campaign: {by: campaign, model: [linear, u-shaped], limit: 6}
  Won this quarter: {by: [], period: this-quarter}
  Revenue by month: {by: month, model: linear, period: last-12-months}
  Channels: {by: channel, model: linear, period: this-year-so-far, compare: previous-year}
dashboards:
  Marketing: {reports: [Revenue by campaign, Won this quarter, Revenue by month, Channels]}
"""
_SCREEN = "background:#12181e;color:#e6ebf0;padding:18px;margin:0;font:14px/1.35 'DejaVu Sans Mono',monospace"


def attrib(*arguments: str | Path, tty: bool = False) -> str:
    """Run a command line in this process and return what it wrote to standard output, a terminal if `tty`."""
    environ = {"HOME": str(Path.cwd()), "ATTRIB_TODAY": TODAY, "NO_COLOR": "1"}
    console = Console.in_memory(environ=environ, columns=118, tty=tty)
    code = run(list(map(str, arguments)), console)
    if code:
        sys.exit(f"{console.messages()}")
    return console.output().decode("utf-8")


def main() -> None:
    """Write the pictures of the page and of the board in a terminal."""
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        sys.exit("there is no Chromium: apt-get install chromium")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        shutil.copytree(ROOT / "examples" / "data", "data")
        Path("attrib.yaml").write_text((ROOT / "examples" / "attrib.yaml").read_text(encoding="utf-8") + BOARD)
        attrib("dashboard", "export", "Marketing", "-f", "html", "-o", "page.html")
        drawn = attrib("dashboard", "show", "Marketing", "--rows", "5", tty=True)
        Path("board.html").write_text(
            f"<meta charset=utf-8><body style='margin:0'><pre style=\"{_SCREEN}\">{html.escape(drawn)}</pre>"
        )
        with sync_playwright() as started:
            browser = started.chromium.launch(executable_path=found, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1120, "height": 820})
            page.goto(Path("page.html").resolve().as_uri() + "#period=this-year-so-far&model=linear&model=u-shaped")
            page.screenshot(path=PICTURES / "page.png")
            page.goto(Path("board.html").resolve().as_uri())
            page.locator("pre").screenshot(path=PICTURES / "board.png")
            browser.close()


if __name__ == "__main__":
    main()
