"""By what interactions belong to campaigns where their own ``campaign_id`` does not say it: assets and ``utm``."""

from __future__ import annotations

from collections.abc import Mapping

from attrib_cli.engine.errors import SourceError, UsageError
from attrib_cli.engine.frozen import frozen
from attrib_cli.engine.settings import Settings

ASSET_COLUMNS = ("asset_id", "asset_title")
"""The columns of touchpoints that name an asset; what the first does not find, the second may."""

_Columns = Mapping[str, Mapping[str, object]]


@frozen
class CampaignRules:
    """How the campaigns of an interaction are found, in this order: the first that finds any decides.

    `stated` says that touchpoints have a ``campaign_id``. `assets` are the columns that name their asset, where there
    is a table ``campaign_assets``: both are compared without case and blanks around, and so are their types where
    `asset_types` says that both tables have some. `bounds` are the columns of that table from which on a row counts,
    `ends` the one up to which. `utm` says that ``utm_campaign`` is compared with the ``utm`` of campaigns.
    """

    stated: bool
    assets: tuple[str, ...] = ()
    asset_types: bool = False
    bounds: tuple[str, ...] = ()
    ends: bool = False
    utm: bool = False

    @property
    def touchpoint_columns(self) -> frozenset[str]:
        """The columns of touchpoints that are read for it."""
        types = {"asset_type"} if self.asset_types else set()
        return frozenset({*self.assets, *types, *({"utm_campaign"} if self.utm else ())})


def check_campaign_rules(columns: _Columns, settings: Settings) -> None:
    """Raise SourceError where touchpoints have nothing that names their assets, UsageError for a setting in vain."""
    touchpoints, assets = columns.get("touchpoints", {}), columns.get("campaign_assets")
    if assets is not None and not {*ASSET_COLUMNS} & touchpoints.keys():
        raise SourceError(
            "campaign_assets says which assets belong to which campaigns, and touchpoints have no column that names"
            " their asset",
            hint="Map asset_id or asset_title under sources: touchpoints: columns:, or take campaign_assets out.",
        )
    if settings.from_association and (assets is None or "associated_at" not in assets):
        raise UsageError(
            "`from_association` needs to know when an asset was associated with its campaign",
            hint="Map associated_at under sources: campaign_assets: columns:.",
        )


def campaign_rules(columns: _Columns, settings: Settings) -> CampaignRules | None:
    """Return how campaigns are found in tables with these `columns`, by table; None where ``campaign_id`` says it."""
    touchpoints, assets = columns.get("touchpoints", {}), columns.get("campaign_assets")
    named = tuple(name for name in ASSET_COLUMNS if name in touchpoints) if assets is not None else ()
    utm = "utm_campaign" in touchpoints and "utm" in columns.get("campaigns", {})
    if not named and not utm:
        return None
    bounds = ("from", *(("associated_at",) if settings.from_association else ()))
    return CampaignRules(
        stated="campaign_id" in touchpoints,
        assets=named,
        asset_types=bool(named) and "asset_type" in touchpoints and "asset_type" in (assets or {}),
        bounds=tuple(name for name in bounds if name in (assets or {})),
        ends="until" in (assets or {}),
        utm=utm,
    )
