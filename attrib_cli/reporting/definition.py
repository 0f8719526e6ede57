"""From what was typed to a definition that can be saved: checked as far as can be without the data."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.engine.errors import AttribError, ErrorGroup, UsageError, at
from attrib_cli.engine.spec import ReportSpec
from attrib_cli.reporting.request import ReportRequest

if TYPE_CHECKING:
    from attrib_cli.config.schema.sections import ReportEntry
    from attrib_cli.config.yaml_text import Tree
    from attrib_cli.engine.spec import Settings


def defined(
    asked: ReportRequest,
    *,
    settings: Settings,
    day: dt.date,
    folder: Path,
    data: list[str] | None = None,
    demo: bool = False,
    today: str | None = None,
    output: str | None = None,
    excel_safe: bool = False,
    description: str | None = None,
    display: str | None = None,
) -> ReportEntry:
    """Return the definition of a report; data folders are kept relative to `folder` where they are inside.

    Raises UsageError, or an ErrorGroup of them, with the option in which something is wrong.
    """
    from attrib_cli.config.schema.sections import ReportEntry
    from attrib_cli.config.validate import check_report
    from attrib_cli.config.yaml_text import Document

    if demo and data:
        raise UsageError("it was given beside --data", hint="Give one or the other.", place="--demo")
    if data and len(data) > 1:
        raise UsageError("a saved report has one place of its data", hint="Give one --data.", place="--data")
    texts: dict[str, Tree] = {
        ReportEntry.key(name): _written(value) for name, value in vars(asked).items() if value is not None
    }
    texts |= {
        "data": _relative(data[0], folder) if data else None,
        "demo": "true" if demo else None,
        "today": today,
        "output": output,
        "excel_safe": "true" if excel_safe else None,
        "description": description,
        "display": display,
    }
    typed: Tree = {key: value for key, value in texts.items() if value is not None}
    try:
        entry = check_report(Document(name="", tree=typed, lines={}, problems=(), unreadable=frozenset()))
    except AttribError as error:
        raise _of_options(error) from None
    check_models(asked, settings)
    asked.spec(settings, day)
    return entry


def check_models(asked: ReportRequest, settings: Settings) -> None:
    """Raise UsageError for models that there are none of, or that do not fit the type."""
    from attrib_cli.engine.conversions import choose_type
    from attrib_cli.engine.models import choose_models

    if asked.model is not None:
        with at("--type"):
            kind = choose_type(asked.type or ReportSpec().type)
        with at("--model"):
            choose_models(asked.model, kind, settings.models)


def _written(value: object) -> Tree:
    if isinstance(value, tuple):
        return [str(item) for item in value]
    return str(value)


def _relative(data: str, folder: Path) -> str:
    if data == "-":
        return data
    whole = Path(os.path.abspath(data))  # noqa: PTH100 - links stay links
    return str(whole.relative_to(folder)) if whole.is_relative_to(folder) else str(whole)


def _of_options(error: AttribError) -> AttribError:
    if isinstance(error, ErrorGroup):
        return ErrorGroup([_of_options(one) for one in error.errors])
    key, _, message = error.message.partition(": ")
    name = key.partition("[")[0].replace("_", "-")
    return UsageError(message, hint=error.hint, place=f"--{name}")
