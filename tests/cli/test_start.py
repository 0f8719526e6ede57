"""What a short command loads: no library that it does not use, and no class whose methods are compiled for it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
UNUSED = ("pydantic", "pyarrow", "rich", "numpy", "scipy", "openpyxl", "xlsxwriter", "filelock", "platformdirs")


def test_a_report_of_csv_files_loads_no_library_that_it_does_not_use() -> None:
    config = ROOT / "examples" / "attrib.yaml"
    options = ["--config", str(config), "--by", "channel", "--where", "country=Germany", "--limit", "3", "-f", "csv"]
    code = f"""
import sys
from attrib_cli.app import run
assert run(["report", *{options!r}]) == 0
print(*[name for name in {UNUSED!r} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("channel,")
    assert done.stderr.splitlines()[-1] == "", done.stderr


def test_values_are_frozen_without_methods_of_their_own() -> None:
    generated = re.compile(r"@dataclass\(frozen=True, kw_only=True\)")
    found = [str(path) for path in (ROOT / "attrib_cli").rglob("*.py") if generated.search(path.read_text())]
    assert not found, "use attrib_cli.engine.frozen"
