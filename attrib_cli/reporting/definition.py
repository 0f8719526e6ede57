"""From what was typed to a definition that can be saved: checked as far as can be without the data."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from attrib_cli.config.schema.markers import WrongValue
from attrib_cli.config.schema.report_sections import ReportEntry
from attrib_cli.engine.errors import UsageError, at
from attrib_cli.engine.spec import ReportSpec
from attrib_cli.reporting.request import ReportRequest

if TYPE_CHECKING:
    from attrib_cli.engine.conversions import ReportType
    from attrib_cli.engine.settings import Settings


def defined(
    values: Mapping[str, object], *, settings: Settings, day: dt.date, preferred: ReportRequest | None = None
) -> ReportEntry:
    """Return the definition of a report with these values of its fields, each as its reader gives it.

    `preferred` is what the configuration prefers where the report says nothing.

    Raises UsageError, or an ErrorGroup of them, with the option in which something is wrong.
    """
    try:
        entry = ReportEntry(**values)  # type: ignore[arg-type]
    except WrongValue as error:
        raise UsageError(error.message, hint=error.hint, place=f"--{error.at[0]}") from None
    request = ReportRequest.of(entry)
    check_models(request, settings)
    check_chart(request.over(preferred or ReportRequest()), settings)
    request.compared_dates(request.dates(settings, day), settings)
    return entry


def asked_type(request: ReportRequest, settings: Settings) -> ReportType:
    """Return the one report type that is asked for; raises UsageError for several, and where there is none."""
    from attrib_cli.engine.conversions import choose_type

    with at("--type"):
        return choose_type(request.type or ReportSpec().type, settings.conversions)


def asked_types(request: ReportRequest, settings: Settings) -> tuple[ReportType, ...]:
    """Return all report types that are asked for; raises UsageError where there is none of a name."""
    from attrib_cli.engine.conversions import choose_types

    with at("--type"):
        return choose_types(request.type or ReportSpec().type, settings.conversions)


def check_models(request: ReportRequest, settings: Settings) -> None:
    """Raise UsageError for an unknown report type or model, or one that the report type does not offer."""
    from attrib_cli.engine.models import choose_for_types

    kinds = asked_types(request, settings)
    if request.model is not None:
        with at("--model"):
            choose_for_types(request.model, kinds, settings.models)
    if request.weights is not None:
        with at("--weights"):
            choose_for_types([model.name for model in request.typed_models()], kinds, request.typed_models())


def check_chart(request: ReportRequest, settings: Settings) -> None:
    """Raise UsageError for a kind of chart that cannot show a report that is cut so, whatever its figures are."""
    if request.chart is None:
        return
    from attrib_cli.engine.measures import choose_measures, fits
    from attrib_cli.engine.models import choose_for_types
    from attrib_cli.engine.report import Column
    from attrib_cli.output.charts.catalogue import choose_chart
    from attrib_cli.output.charts.data import expected_data

    own = ReportSpec()
    kinds = asked_types(request, settings)
    typed = request.typed_models()
    names = (*(request.model or (() if typed else own.models)), *(model.name for model in typed))
    models = choose_for_types(names, kinds, (*settings.models, *typed))
    with at("--measure"):
        first = choose_measures([n for n in request.measure or () if len(kinds) == 1 or fits(n, kinds[0])], kinds[0])[0]
    data = expected_data(
        Column(name=first.name, role="measure", unit=first.unit, additive=first.additive),
        own.by if request.by is None else request.by,
        [model.name for model in models],
        transitions=bool(request.transitions),
    )
    choose_chart(request.chart, data)


def kept_folder(data: list[str] | None, folder: Path) -> str | None:
    """Return the place of the tables as a definition keeps it: relative to `folder` where it is inside.

    Raises UsageError for several places.
    """
    if not data:
        return None
    if len(data) > 1:
        raise UsageError("a saved report has one place of its data", hint="Give one --data.", place="--data")
    if data[0] == "-":
        return data[0]
    whole = Path(os.path.abspath(data[0]))  # noqa: PTH100 - links stay links
    return str(whole.relative_to(folder)) if whole.is_relative_to(folder) else str(whole)
