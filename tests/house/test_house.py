"""The house rules that a machine can hold: lint, format, types, import contracts, cheap start."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from attrib_cli.app import COMMANDS, build

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


HEAVY = frozenset({"duckdb", "pyarrow", "yaml", "xlsxwriter", "numpy", "scipy", "rich"})
REPORT = ["report", "--where", "channel=Email", "--period", "2026", "--format", "csv"]


def loaded(*arguments: str) -> set[str]:
    """The modules that a command has loaded when it ends well."""
    code = (
        "import sys; from attrib_cli.app import run; code = run(sys.argv[1:]);"
        "print(*sys.modules, sep='\\n', file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines())


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["report", "--help"], ["dashboard", "--help"], ["models"], ["periods"], ["--version"]],
)
def test_help_and_lists_load_nothing_heavy(arguments: list[str]) -> None:
    assert not HEAVY & loaded(*arguments)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_the_list_of_commands_loads_no_command(arguments: list[str]) -> None:
    ours = {name for name in loaded(*arguments) if name.startswith("attrib_cli.")}
    assert not any(name.startswith(("attrib_cli.commands", "attrib_cli.engine.s")) for name in ours)


def test_the_list_of_commands_says_what_each_says_of_itself() -> None:
    full, listed = (get_command(app) for app in (build(), build((), listed=COMMANDS)))
    assert isinstance(full, TyperGroup) and isinstance(listed, TyperGroup)
    assert set(full.commands) == set(COMMANDS)
    assert list(listed.commands) == list(COMMANDS)
    for name, command in full.commands.items():
        assert (command.help or "").partition("\n\n")[0] == COMMANDS[name]


def test_a_report_without_a_configuration_loads_only_what_it_needs() -> None:
    found = loaded(*REPORT, "--data", str(ROOT / "examples" / "data"))
    assert not (HEAVY - {"duckdb"}) & found
    apart = ("saved", "exports", "config.load", "config.validate", "config.yaml_text", "config.schema.sections")
    apart += ("output.parquet", "output.xlsx", "output.dashboard", "engine.sources.parquet")
    apart += ("engine.sources.locate", "engine.ledger")
    assert not {name for name in found if name.removeprefix("attrib_cli.").startswith(apart)}


def test_a_report_by_rules_loads_nothing_that_estimates_or_writes_other_formats() -> None:
    assert not {"pyarrow", "xlsxwriter", "numpy", "scipy", "rich"} & loaded(*REPORT, "--demo")


def test_the_engine_is_a_library_of_its_own() -> None:
    code = (
        "import sys, attrib_cli.engine as engine; engine.run; engine.discover;"
        "upper = {'typer', 'rich', 'yaml', 'xlsxwriter'} & set(sys.modules);"
        "sys.exit(f'loaded: {upper}' if upper else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
