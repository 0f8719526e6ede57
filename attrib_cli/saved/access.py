"""What one user may see of a project's definitions and their own, and what they may change of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from attrib_cli.config.schema.markers import WrongValue
from attrib_cli.config.schema.names import close_to, quoted
from attrib_cli.config.schema.names import visibility as read_visibility
from attrib_cli.config.schema.sections import DashboardEntry, ReportEntry
from attrib_cli.engine.errors import AttribError, UsageError
from attrib_cli.saved.definitions_file import DefinitionsFile, shared_of
from attrib_cli.saved.types import SavedDashboard, SavedReport
from attrib_cli.saved.visibility import Shared

NOUNS = {"reports": "report", "dashboards": "dashboard"}
_LISTS = {"reports": "attrib saved list", "dashboards": "attrib dashboard list"}


class Access:
    """The project's file and the user's own, as far as the user may see them.

    A definition that stands in both files with one meaning, and in the project's as the user's, is one whose move
    between them was cut short. It counts as the project's; the next change takes it out of the user's own file.
    """

    def __init__(self, *, user: str, project: DefinitionsFile, own: DefinitionsFile) -> None:
        self.user = user
        self.project = project
        self.own = dataclasses.replace(own, left=frozenset(_left_behind(user, project, own)))

    # --- what there is -----------------------------------------------------------------------------------------------

    def reports(self) -> tuple[SavedReport, ...]:
        """Return the reports that the user sees, their own first where two have one name; broken ones are left out."""
        found: dict[str, SavedReport] = {}
        for file in self.files():
            for name, entry in file.reports.items():
                if name not in found and self.sees(file, "reports", name):
                    found[name] = self._report(file, name, entry)
        return tuple(found.values())

    def report(self, name: str) -> SavedReport:
        """Return a report; raises UsageError where there is none that the user sees, ConfigError for a broken one."""
        file = self.file_of("reports", name)
        return self._report(file, name, file.reports[name])

    def dashboards(self) -> tuple[SavedDashboard, ...]:
        """Return the dashboards that the user sees, their own first where two have one name."""
        found: dict[str, SavedDashboard] = {}
        for file in self.files():
            for name, entry in file.dashboards.items():
                if name not in found and self.sees(file, "dashboards", name):
                    found[name] = _dashboard(file, name, entry)
        return tuple(found.values())

    def dashboard(self, name: str) -> SavedDashboard:
        """Return a dashboard; raises as `report` does."""
        file = self.file_of("dashboards", name)
        return _dashboard(file, name, file.dashboards[name])

    def broken(self) -> tuple[tuple[str, AttribError], ...]:
        """Return what is wrong with entries that the user sees, with ``report 'x'`` in front."""
        return tuple(
            (f"{NOUNS[section]} {quoted(name)}", error)
            for file in self.files()
            for (section, name), error in file.checked.wrong.items()
            if self.sees(file, section, name)
        )

    def boards_with(self, name: str) -> tuple[str, ...]:
        """Return the dashboards on which the user sees a report."""
        return tuple(board.name for board in self.dashboards() if name in board.reports)

    def has_own(self, section: str, name: str) -> bool:
        """Whether the user's own file has an entry of this name that is theirs."""
        return self.own.has(section, name) and self.sees(self.own, section, name)

    def boards_to_change(self, file: DefinitionsFile, name: str) -> tuple[str, ...]:
        """Return the dashboards of a file that a report is on, without those that others have to themselves."""
        boards = file.boards_with(name)
        return tuple(board for board in boards if not file.private or self.sees(file, "dashboards", board))

    def files(self) -> tuple[DefinitionsFile, DefinitionsFile]:
        """Return both files, the one whose entries come first of equal names first."""
        return self.own, self.project

    def found(self, section: str, name: str) -> DefinitionsFile | None:
        """Return the file with the entry of this name that the user sees."""
        return next((s for s in self.files() if s.has(section, name) and self.sees(s, section, name)), None)

    def file_of(self, section: str, name: str) -> DefinitionsFile:
        """Return the file with an entry that is right; raises as `report` does."""
        file = self.found(section, name)
        if file is None:
            seen = [one.name for one in (self.reports() if section == "reports" else self.dashboards())]
            what = f"`{_LISTS[section]}` lists those there are." if seen else f"No {NOUNS[section]} is saved yet."
            raise UsageError(f"there is no {NOUNS[section]} {quoted(name)}", hint=close_to(name, seen) or what)
        if (section, name) in file.checked.wrong:
            raise file.checked.wrong[section, name]
        return file

    # --- what the user may do ----------------------------------------------------------------------------------------

    def sees(self, file: DefinitionsFile, section: str, name: str) -> bool:
        """Whether the user sees an entry of a file, right or wrong.

        One login may have several users (``ATTRIB_USER``), so an entry of the user's own file may be another's.
        """
        if file.private:
            return file.entry(section, name).get("owner") in (None, self.user)
        if (section, name) in file.checked.wrong:
            return self._sees_wrong(file, section, name)
        if section == "dashboards":
            return shared_of(file, file.dashboards[name]).seen(self.user, file.teams)
        own, boards = shared_of(file, file.reports[name]), list(_boards(file, name))
        if own.owner == self.user or not boards:
            return own.seen(self.user, file.teams)
        return any(board.seen(self.user, file.teams) for board in boards)

    def may_change(self, saved: SavedReport | SavedDashboard) -> bool:
        """Whether the user may change or delete a definition that they see."""
        section = "reports" if isinstance(saved, SavedReport) else "dashboards"
        return self.changes(self.own if saved.private else self.project, section, saved.name)

    def changes(self, file: DefinitionsFile, section: str, name: str) -> bool:
        """Whether the user may change an entry of a file."""
        if file.private:
            return self.sees(file, section, name)
        if (section, name) in file.checked.wrong:
            return False
        entry = file.dashboards[name] if section == "dashboards" else file.reports[name]
        own = shared_of(file, entry)
        boards = [] if section == "dashboards" else list(_boards(file, name))
        if own.owner == self.user or not boards:
            return own.changed(self.user, file.teams)
        return any(board.changed(self.user, file.teams) for board in boards)

    def file_to_change(self, section: str, name: str) -> DefinitionsFile:
        """Return the file with an entry that the user may change; raises UsageError where they may only view it."""
        file = self.file_of(section, name)
        if not self.changes(file, section, name):
            raise UsageError(
                f"you may view the {NOUNS[section]} {quoted(name)}, but not change it",
                hint=f"`{_LISTS[section].removesuffix('list')}clone` makes a copy of your own.",
                place=file.place(section, name),
            )
        return file

    def may_replace_wrong(self, file: DefinitionsFile, section: str, name: str) -> bool:
        """Whether the user may replace an entry that is wrong: their own, or one without an owner."""
        return file.entry(section, name).get("owner") in (None, self.user)

    def check_free(self, section: str, name: str, target: DefinitionsFile) -> None:
        """Raise UsageError where a new entry cannot have this name in a file, seen by the user or not."""
        there = self.found(section, name)
        if there is not None:
            raise UsageError(
                f"there is a {NOUNS[section]} {quoted(name)} already",
                hint="Choose another name, or give --force to save over it.",
                place=there.place(section, name),
            )
        if target.has(section, name):
            raise taken(name)

    def shared(self, file: DefinitionsFile, name: str, *, without: str | None = None) -> Shared:
        """Return what holds for a report: on dashboards of its file theirs, the most open where there are several."""
        own = shared_of(file, file.reports[name])
        boards = [shared_of(file, file.dashboards[board]) for board in file.boards_with(name) if board != without]
        if file.private or not boards:
            return own
        order = sorted(boards, key=lambda one: (one.visibility != "everyone", not one.seen(self.user, file.teams)))
        return dataclasses.replace(order[0], owner=own.owner)

    def _report(self, file: DefinitionsFile, name: str, entry: ReportEntry) -> SavedReport:
        shared = self.shared(file, name)
        return SavedReport(
            name=name,
            definition=entry,
            owner=shared.owner,
            visibility=shared.visibility,
            access=shared.access,
            private=file.private,
            place=file.place("reports", name),
        )

    def _sees_wrong(self, file: DefinitionsFile, section: str, name: str) -> bool:
        """Whether the user sees an entry that is wrong, by those of its keys that are right; if in doubt, not."""
        entry = file.entry(section, name)
        owner, visibility = entry.get("owner"), entry.get("visibility")
        if owner == self.user:
            return True
        try:
            seen_by = None if visibility is None else read_visibility(visibility)
        except WrongValue:
            return owner is None
        return Shared.of(None, seen_by, None).seen(self.user, file.teams)


def taken(name: str) -> UsageError:
    """Return the error of a name that an entry has which the user may not see; so it says no more."""
    return UsageError(f"the name {quoted(name)} is taken", hint="Choose another name.")


def _left_behind(user: str, project: DefinitionsFile, own: DefinitionsFile) -> Iterator[tuple[str, str]]:
    """Find the entries of the user's own file that stand in the project's too, as theirs and with the same meaning."""
    for name, report in own.reports.items():
        there = project.reports.get(name)
        if there is not None and _of(user, report, there) and _meaning(report) == _meaning(there):
            yield "reports", name
    for name, board in own.dashboards.items():
        other = project.dashboards.get(name)
        if other is not None and _of(user, board, other) and _meaning(board) == _meaning(other):
            yield "dashboards", name


def _of(user: str, own: ReportEntry | DashboardEntry, project: ReportEntry | DashboardEntry) -> bool:
    return own.owner in (None, user) and project.owner == user


def _meaning(entry: ReportEntry | DashboardEntry) -> ReportEntry | DashboardEntry:
    return dataclasses.replace(entry, owner=None, visibility=None, access=None)


def _boards(file: DefinitionsFile, name: str) -> Iterator[Shared]:
    return (shared_of(file, file.dashboards[board]) for board in file.boards_with(name))


def _dashboard(file: DefinitionsFile, name: str, entry: DashboardEntry) -> SavedDashboard:
    shared = shared_of(file, entry)
    return SavedDashboard(
        name=name,
        reports=entry.reports or (),
        description=entry.description,
        owner=shared.owner,
        visibility=shared.visibility,
        access=shared.access,
        private=file.private,
        place=file.place("dashboards", name),
    )
