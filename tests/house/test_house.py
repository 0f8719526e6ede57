"""The house rules that a machine can hold: lint, format, types, import contracts, cheap start."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = {
    "lint": [sys.executable, "-m", "ruff", "check", "."],
    "format": [sys.executable, "-m", "ruff", "format", "--check", "."],
    "types": [sys.executable, "-m", "mypy"],
    "imports": [str(Path(sys.executable).parent / "lint-imports")],
}


@pytest.mark.parametrize("tool", TOOLS)
def test_the_tree_passes(tool: str) -> None:
    done = subprocess.run(TOOLS[tool], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["report", "--help"], ["models"], ["periods"], ["--version"]])
def test_help_and_lists_load_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from attrib_cli.app import run; run(sys.argv[1:]);"
        "heavy = {'duckdb', 'pyarrow', 'yaml', 'xlsxwriter', 'numpy'} & set(sys.modules);"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr


def test_a_report_by_rules_loads_nothing_that_estimates_or_writes_other_formats() -> None:
    code = (
        "import sys; from attrib_cli.app import run; run(sys.argv[1:]);"
        "heavy = {'pyarrow', 'xlsxwriter', 'numpy', 'scipy', 'rich'} & set(sys.modules);"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    report = ["report", "--demo", "--where", "channel=Email", "--period", "2026", "--format", "csv"]
    done = subprocess.run([sys.executable, "-c", code, *report], capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr


def test_the_engine_is_a_library_of_its_own() -> None:
    code = (
        "import sys, attrib_cli.engine as engine; engine.run; engine.discover;"
        "upper = {'typer', 'rich', 'yaml', 'xlsxwriter', 'pydantic'} & set(sys.modules);"
        "sys.exit(f'loaded: {upper}' if upper else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
