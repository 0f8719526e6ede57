"""A release in one command: ``python -m tools.release 0.2.0``; with ``--dry-run`` all of it but the commit and tag.

It wants a clean tree and a section of the changelog that lists something. It sets the version, dates the section,
builds wheel and sdist, installs each into an empty environment of its own and runs ``attrib report --demo`` there, and
only then commits and tags. Nothing is pushed: ``git push --follow-tags`` is left to whoever releases.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
UNRELEASED = re.compile(r"^## (?:(?P<version>\S+) \(unreleased\)|Unreleased)$", re.MULTILINE)
VERSION = re.compile(r'^__version__ = "(.*)"$', re.MULTILINE)
NUMBERED = re.compile(r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?")


class NotReleasable(Exception):
    """Why there is no release; says what to do."""


def dated(changelog: str, version: str, day: dt.date) -> str:
    """Return the changelog with its unreleased section under `version` and `day`.

    Raises NotReleasable where there is no such section, it is empty, or it names another version.
    """
    found = UNRELEASED.search(changelog)
    if found is None:
        raise NotReleasable("CHANGELOG.md has no section '## Unreleased': write what is new")
    if found["version"] not in (None, version):
        raise NotReleasable(f"CHANGELOG.md says that {found['version']} comes next, not {version}")
    section = changelog[found.end() :].partition("\n## ")[0]
    if "\n- " not in section:
        raise NotReleasable(f"the section '{found[0]}' of CHANGELOG.md lists nothing that is new")
    if re.search(rf"^## {re.escape(version)} \(\d", changelog, re.MULTILINE):
        raise NotReleasable(f"CHANGELOG.md has {version} already")
    return f"{changelog[: found.start()]}## {version} ({day}){changelog[found.end() :]}"


def coming(changelog: str) -> str:
    """Return the version that the unreleased section names, else the minor one after the last that was released."""
    found = UNRELEASED.search(changelog)
    if found is not None and found["version"]:
        return found["version"]
    last = re.search(r"^## (\d+)\.(\d+)\.\d+", changelog, re.MULTILINE)
    return f"{last[1]}.{int(last[2]) + 1}.0" if last else "0.1.0"


def numbered(source: str, version: str) -> str:
    """Return the text of attrib_cli/__init__.py with `version`."""
    if NUMBERED.fullmatch(version) is None:
        raise NotReleasable(f"'{version}' is no version such as 0.2.0 or 0.2.0rc1")
    return VERSION.sub(f'__version__ = "{version}"', source)


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a command and return what it printed; raises NotReleasable with its messages where it fails."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("ATTRIB_", "VIRTUAL_ENV"))}
    done = subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True, env=environ)
    if done.returncode:
        raise NotReleasable(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def check(package: Path, version: str) -> None:
    """Install a wheel or an sdist into an empty environment and run it there, far from the sources.

    Raises NotReleasable where it cannot be installed, says another version or gives no report.
    """
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "venv" / "bin" / "python"
        run(sys.executable, "-m", "venv", python.parents[1])
        run(python, "-m", "pip", "install", "-q", package)
        said = run(python.with_name("attrib"), "--version", cwd=Path(folder))
        if said.strip() != f"attrib {version}":
            raise NotReleasable(f"{package.name} says that it is '{said.strip()}', not {version}")
        report = run(python.with_name("attrib"), "report", "--demo", "--format", "csv", cwd=Path(folder))
        if not report.startswith("campaign,model,"):
            raise NotReleasable(f"`attrib report --demo` of {package.name} gives no report:\n{report}")
        typed = run(python, "-c", "import attrib_cli; print(attrib_cli.__file__)", cwd=Path(folder))
        if not Path(typed.strip()).with_name("py.typed").is_file():
            raise NotReleasable(f"{package.name} has no py.typed")


@contextmanager
def _restored(*paths: Path) -> Iterator[None]:
    """Put the files back as they were, whatever happens within, the end of the process by a signal among it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    before = {path: path.read_bytes() for path in paths}
    try:
        yield
    finally:
        for path, content in before.items():
            path.write_bytes(content)


def release(version: str, *, dry_run: bool, root: Path = ROOT) -> None:
    """Build, check, commit and tag `version`; a dry run leaves the tree as it was, and the packages in ``dist/``."""
    init, changelog = root / "attrib_cli" / "__init__.py", root / "CHANGELOG.md"
    new_init = numbered(init.read_text(encoding="utf-8"), version)
    today = dt.datetime.now(tz=dt.UTC).date()
    new_changelog = dated(changelog.read_text(encoding="utf-8"), version, today)
    if not dry_run and run("git", "status", "--porcelain", cwd=root).strip():
        raise NotReleasable("the tree has changes that are not committed")
    if f"v{version}" in run("git", "tag", "--list", cwd=root).split():
        raise NotReleasable(f"there is a tag v{version} already")
    with _restored(init, changelog):
        init.write_text(new_init, encoding="utf-8")
        changelog.write_text(new_changelog, encoding="utf-8")
        shutil.rmtree(root / "dist", ignore_errors=True)
        print("building")
        run(sys.executable, "-m", "build", "--outdir", root / "dist", cwd=root)
        packages = sorted((root / "dist").iterdir())
        if sorted(path.suffix for path in packages) != [".gz", ".whl"]:
            raise NotReleasable(f"the build made {', '.join(path.name for path in packages) or 'nothing'}")
        for package in packages:
            print(f"checking {package.name} in an empty environment")
            check(package, version)
    if dry_run:
        print(f"{version} can be released; nothing was changed")
        return
    init.write_text(new_init, encoding="utf-8")
    changelog.write_text(new_changelog, encoding="utf-8")
    run("git", "commit", "-qm", f"Release {version}", init, changelog, cwd=root)
    run("git", "tag", "-a", f"v{version}", "-m", f"attrib {version}", cwd=root)
    print(f"v{version} is committed and tagged: git push --follow-tags")


def main() -> int:
    """Release what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tools.release", description=__doc__)
    parser.add_argument("version", nargs="?", help="such as 0.2.0; without it, a dry run of what comes next")
    parser.add_argument("--dry-run", action="store_true", help="build and check, but change nothing")
    asked = parser.parse_args()
    try:
        version = asked.version or coming((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
        release(version, dry_run=asked.dry_run or not asked.version)
    except NotReleasable as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
