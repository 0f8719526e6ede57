"""What the files say, value by value, and what is wrong with them that does not keep them from being used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from attrib_cli.config.load import custom_conversions, custom_models
from attrib_cli.config.schema.markers import WrongValue
from attrib_cli.config.schema.names import MOST_REPORTS, close_to, quoted
from attrib_cli.config.schema.parsers import WEEKDAYS, names
from attrib_cli.config.validate import SECTIONS, singly
from attrib_cli.config.yaml_text import KeyPath, Tree, dotted
from attrib_cli.engine.conversions import ReportType, choose_types
from attrib_cli.engine.errors import AttribError, ConfigError, ErrorGroup, UsageError, did_you_mean
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.models import choose_models, without_misfits
from attrib_cli.engine.settings import CustomModel, Settings
from attrib_cli.engine.spec import ReportSpec
from attrib_cli.saved.access import Access
from attrib_cli.saved.definitions_file import DefinitionsFile, read_definitions
from attrib_cli.saved.library import Library

BUILT_IN = "built in"


@frozen
class Written:
    """One value with its key and the place that it came from: ``attrib.yaml:12``, or `BUILT_IN`."""

    key: str
    value: str
    place: str


def values(library: Library) -> tuple[Written, ...]:
    """Return every value that holds: those of the project's file, the user's own, and the program's own settings.

    Saved entries that the user may not see are left out.
    """
    found = []
    for file in (library.project, library.own):
        for path, value in _leaves(file.document.tree, ()):
            if len(path) < 2 or path[0] not in SECTIONS or library.sees(file, str(path[0]), str(path[1])):
                found.append(Written(key=dotted(path), value=value, place=file.document.place(path)))
    tree = library.project.document.tree
    return (*found, *(one for one in _built_in() if not _has(tree, one.key)))


def problems(path: Path, own: Path | None, user: str) -> tuple[AttribError, ...]:
    """Return all that is wrong with a project's file and the user's own for it, those things too that can be run with.

    These are models, teams and reports that are named and do not exist. Of entries that the user may not see only the
    place is said. A file that is wrong elsewhere than in its entries is said as it is, for nobody can work with it.
    """
    found: list[AttribError] = []
    files: list[DefinitionsFile] = []
    for one in (path, *([own] if own else [])):
        try:
            files.append(read_definitions(one, private=one == own))
        except ErrorGroup as group:
            found.extend(group.errors)
        except ConfigError as error:
            found.append(error)
    if found:
        return tuple(found)
    project = files[0]
    view = Access(user=user, project=project, own=files[-1])
    for file in files:
        entries = [
            *((key, one) for key, error in file.checked.wrong.items() for one in singly(error)),
            *_dangling(file, project),
        ]
        found += (one if view.sees(file, *key) else _unseen(one) for key, one in entries)
    return tuple(found)


def _unseen(error: AttribError) -> ConfigError:
    hint = "It is of somebody who does not share it with you."
    return ConfigError("something is wrong with an entry here", place=error.place, hint=hint)


def _dangling(file: DefinitionsFile, project: DefinitionsFile) -> Iterator[tuple[tuple[str, str], ConfigError]]:
    """Yield the names in entries that lead nowhere, with the section and the name of the entry."""
    custom = custom_models(project.checked.file, project.document)
    own = custom_conversions(project.checked.file, project.document)
    reports = {**project.reports, **file.reports}
    written = {name for one in (project, file) for section, name in one.checked.wrong if section == "reports"}
    for name in (*file.reports, *(one for section, one in file.checked.wrong if section == "reports")):
        models, type_name = _models(file, name)
        try:
            kinds = choose_types(type_name, own)
        except UsageError as wrong:  # of an entry that is wrong in itself, it was said already
            if name in file.reports:
                yield ("reports", name), _error(file, ("reports", name, "type"), wrong.message, wrong.hint)
            continue
        for i, error in _misfits(models, kinds, custom):
            yield ("reports", name), _error(file, ("reports", name, "model", i), error.message, error.hint)
    for name, board in file.dashboards.items():
        for i, report in enumerate(board.reports or ()):
            if report not in reports and report not in written:
                hint = close_to(report, reports) or f"A dashboard has at most {MOST_REPORTS} saved reports."
                message = f"there is no report {quoted(report)}"
                yield ("dashboards", name), _error(file, ("dashboards", name, "reports", i), message, hint)
    for section, entries in (("reports", file.reports), ("dashboards", file.dashboards)):
        for name, one in entries.items():
            whom, _, listed = (one.visibility or "").partition(":")
            for team in listed.split(",") if whom == "teams" else ():
                if team not in project.teams:
                    hint = did_you_mean(team, project.teams) or "Write it below `teams:`, with its members."
                    message = f"there is no team '{team}'"
                    yield (section, name), _error(file, (section, name, "visibility"), message, hint)


def _models(file: DefinitionsFile, name: str) -> tuple[tuple[str, ...], str]:
    """Return the models and the type of a report, as far as they can be told of one that is wrong elsewhere."""
    if name in file.reports:
        entry = file.reports[name]
        return entry.model or (), entry.type or ReportSpec().type
    written = file.entry("reports", name)
    try:
        return names(written.get("model") or ()), ",".join(names(written.get("type") or ReportSpec().type))
    except WrongValue:
        return (), ReportSpec().type


def _misfits(
    models: Sequence[str], kinds: Sequence[ReportType], custom: Sequence[CustomModel]
) -> Iterator[tuple[int, UsageError]]:
    """Yield the models, by their place, that there are none of or that do not fit the type of a report."""
    for i, model in enumerate(models):
        try:
            if len(kinds) == 1 or not any(without_misfits((model,), kind, custom)[0] for kind in kinds):
                choose_models((model,), kinds[0], custom)
        except UsageError as error:
            yield i, error


def _error(file: DefinitionsFile, path: KeyPath, message: str, hint: str | None) -> ConfigError:
    if path not in file.document.lines and isinstance(path[-1], int):
        path = path[:-1]
    return ConfigError(f"{dotted(path)}: {message}", place=file.document.place(path), hint=hint)


def _leaves(tree: Tree, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _leaves(value, (*path, key))
    elif isinstance(tree, list):
        if not tree:
            yield path, "[]"
        for i, item in enumerate(tree):
            yield from _leaves(item, (*path, i))
    elif tree is not None:
        yield path, tree


def _built_in() -> Iterator[Written]:
    own = Settings()
    texts = {
        "timezone": own.timezone,
        "week_starts_on": WEEKDAYS[own.week_starts_on],
        "fiscal_year_starts_in": str(own.fiscal_year_starts_in),
        "exclude.asset_types": ", ".join(own.exclude_asset_types),
        "exclude.interaction_types": ", ".join(own.exclude_interaction_types) or "[]",
    }
    for key, value in texts.items():
        yield Written(key=key, value=value, place=BUILT_IN)


def _has(tree: Tree, key: str) -> bool:
    for part in key.split("."):
        if not isinstance(tree, dict) or tree.get(part) is None:
            return False
        tree = tree[part]
    return True
