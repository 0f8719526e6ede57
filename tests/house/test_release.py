"""A release: what it changes, what it refuses, and that a dry run leaves everything as it was."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path

import pytest

from tools import release

DAY = dt.date(2026, 12, 1)
CHANGES = "# Changelog\n\n## Unreleased\n\n- Something.\n\n## 0.1.0 (2026-11-24)\n\n- The first.\n"


def test_the_unreleased_section_gets_version_and_day() -> None:
    assert release.dated(CHANGES, "0.2.0", DAY) == CHANGES.replace("Unreleased", "0.2.0 (2026-12-01)")
    named = CHANGES.replace("Unreleased", "0.2.0 (unreleased)")
    assert release.dated(named, "0.2.0", DAY) == CHANGES.replace("Unreleased", "0.2.0 (2026-12-01)")
    assert release.coming(named) == release.coming(CHANGES) == "0.2.0"


@pytest.mark.parametrize(
    ("changelog", "version", "why"),
    [
        (CHANGES.replace("## Unreleased\n\n- Something.\n\n", ""), "0.2.0", "no section"),
        (CHANGES.replace("- Something.\n", ""), "0.2.0", "lists nothing"),
        (CHANGES.replace("Unreleased", "0.3.0 (unreleased)"), "0.2.0", "0.3.0 comes next"),
        (CHANGES, "0.1.0", "has 0.1.0 already"),
    ],
)
def test_a_changelog_that_does_not_fit_is_refused(changelog: str, version: str, why: str) -> None:
    with pytest.raises(release.NotReleasable, match=why):
        release.dated(changelog, version, DAY)


def test_the_version_is_a_version() -> None:
    assert release.numbered('__version__ = "0.1.0"\n', "0.2.0") == '__version__ = "0.2.0"\n'
    with pytest.raises(release.NotReleasable, match="no version"):
        release.numbered('__version__ = "0.1.0"\n', "next")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a version and a changelog, where a build makes two files and remembers what it saw."""
    root = tmp_path / "project"
    (root / "attrib_cli").mkdir(parents=True)
    (root / "attrib_cli" / "__init__.py").write_text('__version__ = "0.1.0"\n')
    (root / "CHANGELOG.md").write_text(CHANGES)
    (root / ".gitignore").write_text("dist/\n")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "All"]):
        subprocess.run(["git", "-c", "user.name=N", "-c", "user.email=n@example.com", *command], cwd=root, check=True)
    for name in ("GIT_AUTHOR", "GIT_COMMITTER"):
        monkeypatch.setenv(f"{name}_NAME", "N")
        monkeypatch.setenv(f"{name}_EMAIL", "n@example.com")
    plain = release.run

    def run(*command: str | Path, cwd: Path = root) -> str:
        if "build" not in command:
            return plain(*command, cwd=cwd)
        (root / "dist").mkdir()
        (root / "dist" / "x.whl").write_text((root / "attrib_cli" / "__init__.py").read_text())
        (root / "dist" / "x.tar.gz").write_text((root / "CHANGELOG.md").read_text())
        return ""

    monkeypatch.setattr(release, "run", run)
    return root


def test_a_dry_run_builds_the_new_version_and_changes_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[tuple[str, str]] = []
    monkeypatch.setattr(release, "check", lambda package, version: checked.append((package.name, version)))
    release.release("0.2.0", dry_run=True, root=project)
    assert checked == [("x.tar.gz", "0.2.0"), ("x.whl", "0.2.0")]
    assert (project / "dist" / "x.whl").read_text() == '__version__ = "0.2.0"\n'
    assert "## 0.2.0 (" in (project / "dist" / "x.tar.gz").read_text()
    assert release.run("git", "status", "--porcelain", cwd=project) == ""
    assert release.run("git", "tag", cwd=project) == ""


def test_a_release_is_committed_and_tagged(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "check", lambda package, version: None)
    release.release("0.2.0", dry_run=False, root=project)
    assert release.run("git", "status", "--porcelain", cwd=project) == ""
    assert '"0.2.0"' in release.run("git", "show", "v0.2.0:attrib_cli/__init__.py", cwd=project)
    with pytest.raises(release.NotReleasable):
        release.release("0.2.0", dry_run=False, root=project)


def test_what_fails_its_check_is_not_released(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def check(package: Path, version: str) -> None:
        raise release.NotReleasable(f"{package.name} gives no report")

    monkeypatch.setattr(release, "check", check)
    with pytest.raises(release.NotReleasable, match="no report"):
        release.release("0.2.0", dry_run=False, root=project)
    assert release.run("git", "status", "--porcelain", cwd=project) == ""
    assert release.run("git", "tag", cwd=project) == ""
    (project / "CHANGELOG.md").write_text(CHANGES + "\n")
    with pytest.raises(release.NotReleasable, match="not committed"):
        release.release("0.2.0", dry_run=False, root=project)
