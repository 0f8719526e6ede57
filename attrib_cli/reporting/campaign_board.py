"""One campaign as a board that needs no definition: what it reached and is credited with, over time and by what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from attrib_cli.engine.conversions import type_of
from attrib_cli.engine.errors import AttribError, UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.measures import BY_NAME
from attrib_cli.output.dashboard.board import Board, Display, Tile
from attrib_cli.reporting.campaign_tiles import paths_report, targets_tile
from attrib_cli.reporting.campaigns import measures_at_hand, usual_type
from attrib_cli.reporting.dashboards import raise_common, said_of, shaped
from attrib_cli.reporting.definition import asked_type
from attrib_cli.reporting.request import ReportRequest

if TYPE_CHECKING:
    from attrib_cli.engine.campaign_row import CampaignRow
    from attrib_cli.engine.dimensions import Kinds
    from attrib_cli.engine.session import Session
    from attrib_cli.engine.settings import Settings
    from attrib_cli.engine.spec import ReportSpec
    from attrib_cli.reporting.workspace import Workspace

_OF_LIST = ("measure", "sort", "limit", "compare", "campaign")
"""Options that the list of campaigns takes, and the board of one does not."""


@frozen
class _CampaignBoard:
    """The board of a campaign: what was asked, on which data, and how many rows its tables have (None: all)."""

    workspace: Workspace
    session: Session
    settings: Settings
    request: ReportRequest
    campaign: CampaignRow
    kinds: Kinds
    rows: int | None

    @property
    def type(self) -> str:
        """The report type of what the campaign is cut by."""
        return self.request.type or usual_type(self.kinds)

    def spec(self, type_: str, by: str | None = None, measure: tuple[str, ...] | None = None) -> ReportSpec:
        """Return a request on the campaign."""
        request = replace(self.request, type=type_, by=() if by is None else (by,), measure=measure)
        return request.spec(self.settings, self.workspace.day())

    def tile(
        self,
        name: str,
        type_: str,
        display: Display,
        by: str | None = None,
        measure: tuple[str, ...] | None = None,
        models: int | None = None,
    ) -> Tile:
        """Return a report on the campaign, under the first `models` of those asked for, or what it failed with."""
        from attrib_cli.engine.models import without_misfits

        tile = Tile(name=name, display=display, answer=AttribError("not computed"))
        try:
            spec = self.spec(type_, by, measure)
            fitting, gone = without_misfits(
                spec.models, type_of(spec, self.settings), (*self.settings.models, *spec.own_models)
            )
            if fitting and gone:
                tile = replace(
                    tile, description=f"without {', '.join(gone)}, whose positions these journeys do not have"
                )
            spec = shaped(replace(spec, models=(fitting or spec.models)[:models]), display, self.settings, self.rows)
            return replace(tile, answer=self.workspace.run(None, spec))
        except AttribError as error:
            return replace(tile, answer=error)


def campaign_board(workspace: Workspace, name: str, typed: ReportRequest, *, rows: int | None) -> Board:
    """Return the board of one campaign, whose name or id is `name`: its tables have at most `rows` rows.

    Raises UsageError for a campaign that there is none of, for options that no board has, and what all of its reports
    fail with.
    """
    from attrib_cli.engine.campaign_row import campaign_row

    for option in _OF_LIST:
        if getattr(typed, option) is not None:
            hint = "Leave it out: what stands on the board of a campaign is given."
            raise UsageError("the board of a campaign does not take this option", hint=hint, place=f"--{option}")
    data, session = workspace.data_of(), workspace.session()
    preferred = replace(data.preferred, by=None, measure=None, sort=None, limit=None, compare=None, campaign=None)
    board = _CampaignBoard(
        workspace=workspace,
        session=session,
        settings=data.settings,
        request=replace(typed.over(preferred), campaign=(name,), transitions=None, confidence=None),
        campaign=campaign_row(session, name),
        kinds=session.kinds(),
        rows=rows,
    )
    tiles = tuple(_tiles(board))
    raise_common(tiles)  # before paths, which are none of a campaign that there is none of
    return Board(
        name=board.campaign.name,
        description=_described(board.campaign),
        today=workspace.day(),
        said=said_of(replace(typed, campaign=(name,))),
        tiles=(*tiles, _paths(board)),
    )


def _described(campaign: CampaignRow) -> str:
    days = ""
    if campaign.starts_on or campaign.ends_on:
        days = f"{campaign.starts_on or 'open'} to {campaign.ends_on or 'open'}"
    return " · ".join(filter(None, (days, *(f"{name.replace('_', ' ')}: {text}" for name, text in campaign.facts))))


def _tiles(board: _CampaignBoard) -> Iterator[Tile]:
    kinds, type_ = board.kinds, board.type
    has_deals, has_contacts = "deals" in kinds, "contacts" in kinds
    kind = asked_type(replace(board.request, type=type_), board.settings)
    chosen, _ = measures_at_hand(kind, kinds, board.request.model or ())
    beside = tuple(name for name in chosen if BY_NAME[name].source != "credit" and name != "roi")  # which has its tile
    performed = board.tile("Performance", type_, "figure", measure=beside, models=1)
    yield performed
    attributed = []
    if has_contacts:
        attributed.append(board.tile("Contacts", "contact-create", "figure"))
    if has_deals:
        attributed.append(board.tile("Deals created", "deal-create", "figure"))
        money = tuple(name for name in ("revenue", "deals", "interactions", "roi") if name != "roi" or name in chosen)
        attributed.append(board.tile("Revenue", "revenue", "figure", measure=money))
    if kind.configured:
        attributed.append(board.tile(kind.title, type_, "figure"))
    yield from attributed
    if board.campaign.targets:
        yield from targets_tile(board.campaign, [performed, *attributed])
    bucket = _bucket(board.spec(type_))
    if has_contacts:
        yield board.tile("Contacts over time", "contact-create", "line", by=bucket)
    if has_deals:
        yield board.tile("Deals created over time", "deal-create", "line", by=bucket)
        yield board.tile("Revenue over time", "revenue", "line", by=bucket)
    for column, name in (
        ("asset_type", "By asset type"),
        ("interaction_type", "By interaction type"),
        ("asset_title", "Top assets"),
    ):
        if column in kinds.get("touchpoints", {}):
            yield board.tile(name, type_, "table", by=column)
    if has_deals:
        yield board.tile("Top deals", type_ if kind.key == "deal_id" else "revenue", "table", by="deal_id")
    if kind.configured:
        yield board.tile(f"Top conversions: {kind.title}", type_, "table", by=kind.key)


def _bucket(spec: ReportSpec) -> str:
    """Return what time is cut by, so that a line has some ten points or more."""
    if spec.dates.start is None or spec.dates.end is None:
        return "month"
    days = (spec.dates.end - spec.dates.start).days
    return "day" if days <= 45 else "week" if days <= 184 else "month"


def _paths(board: _CampaignBoard) -> Tile:
    """Return the ways of the journeys that the campaign takes part in, campaign by campaign."""
    from attrib_cli.engine import resolve
    from attrib_cli.engine.backends.duckdb import translated
    from attrib_cli.engine.journey_paths import find_paths
    from attrib_cli.engine.path_answers import Transform

    about = "journeys with the campaign among their steps, each campaign where it first stands; their whole value"
    tile = Tile(name="Top paths", description=about, answer=AttribError("not computed"))
    try:
        spec = board.spec(board.type, "campaign")
        credit = [one for one, _ in resolve.filters(spec, type_of(spec, board.settings), board.kinds)[0]]
        if credit:
            about += f"; whole journeys, so not only where {', '.join(map(str, credit))}"
        whole = replace(
            spec,
            campaigns=(),
            where=tuple(one for one in spec.where if one not in credit),
            estimation=replace(spec.estimation, states=("campaign",)),
        )
        with translated():
            found = find_paths(board.session, whole, "top", Transform(distinct=True), through=board.campaign.name)
        shown = replace(whole, by=("path",), campaigns=spec.campaigns)
        return replace(tile, description=about, answer=paths_report(found, shown, board.settings, board.rows))
    except AttribError as error:
        return replace(tile, answer=error)
