# What developers run, by name: https://just.systems. Each line can be typed as it stands, too.

python := ".venv/bin/python"

# List the tasks
default:
    @just --list

# Make .venv with everything the tests need
setup:
    python3 -m venv .venv
    {{python}} -m pip install -q -e '.[dev]'

# Lint, format, types, direction of imports
check:
    .venv/bin/ruff check .
    .venv/bin/ruff format --check .
    .venv/bin/mypy
    .venv/bin/lint-imports

# Types of the page's script, as its JSDoc says them; needs Node
page-types:
    npx --yes -p typescript@5.9 tsc -p tools/page-types.json

# Run tests: all of them, or `just test tests/engine/test_periods.py -k fiscal`
test *ARGS:
    {{python}} -m pytest {{ARGS}}

# Run all tests against the lowest versions of every dependency that pyproject.toml allows
test-lowest:
    uv venv -q --allow-existing .venv-low
    uv pip install -q --python .venv-low/bin/python --resolution lowest-direct -e '.[dev]'
    .venv-low/bin/python -m pytest

# Print docs/commands.md and the reference in docs/configuration.md from the program
reference:
    {{python}} -m tools.reference

# Measure the start, beside what it imports
start:
    {{python}} benchmarks/start.py

# Build, check in empty environments, date the changelog, commit, tag; `just release 0.2.0 --dry-run` to try
release VERSION *ARGS:
    {{python}} -m tools.release {{VERSION}} {{ARGS}}
