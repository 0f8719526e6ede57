"""The same report in polars: revenue and deals by channel, for first, last, linear, u-shaped and time-decay.

    python benchmarks/peers/with_polars.py DIRECTORY MODEL[,MODEL...]

One lazy query, so that polars reads only the columns it needs, filters early and uses all cores. Journeys lie side by
side after one sort; flags and sums over them are window expressions.
"""

from __future__ import annotations

import sys

import polars as pl

EXCLUDED = ["static_list", "WORKFLOW"]
WEEK = 7 * 86_400_000_000  # microseconds


def shares(models: list[str]) -> dict[str, pl.Expr]:
    """Each model's share of an interaction in its journey."""
    first, last = pl.col("first"), pl.col("last")
    lead = (pl.col("row") == pl.col("lead_row")).fill_null(value=False)
    keys = 1 + pl.col("lead_row").is_not_null() - (pl.col("lead_row") == pl.col("first_row")).fill_null(value=False)
    middle = pl.col("length") - keys
    u_total = 40 + 40 * pl.col("lead_row").is_not_null() + pl.when(middle > 0).then(20).otherwise(0)
    u_raw = pl.when(first | lead).then(40 * first + 40 * lead).otherwise(20 / middle)
    known = {
        "first": first.cast(pl.Float64),
        "last": last.cast(pl.Float64),
        "linear": 1 / pl.col("length"),
        "u-shaped": u_raw / u_total,
        "time-decay": pl.col("kernel") / pl.col("kernel").sum().over("deal_id"),
    }
    return {model: known[model] for model in models}


def main(folder: str, models: list[str]) -> None:
    """Prints channel, model, revenue, deals as CSV."""
    won = (
        pl.scan_parquet(f"{folder}/deals.parquet")
        .filter(pl.col("is_won"), *(pl.col(name).is_not_null() for name in ("created_at", "closed_at", "amount")))
        .select("deal_id", "closed_at", pl.col("amount").cast(pl.Float64))
    )
    members = pl.scan_parquet(f"{folder}/deal_contacts.parquet").join(won, on="deal_id")
    windows = {"length": pl.len()}
    if "u-shaped" in models:
        oldest = (
            members.select("deal_id", "contact_id")
            .join(pl.scan_parquet(f"{folder}/contacts.parquet"), on="contact_id")
            .drop_nulls("created_at")
            .sort("created_at", "contact_id")
            .unique("deal_id", keep="first")
            .rename({"contact_id": "oldest_contact"})
        )
        members = members.join(oldest, on="deal_id", how="left")
        is_lead = (pl.col("contact_id") == pl.col("oldest_contact")) & (pl.col("occurred_at") <= pl.col("created_at"))
        windows |= {"lead_row": pl.when(is_lead).then("row").max(), "first_row": pl.col("row").min()}
    if "time-decay" in models:
        windows |= {"ends": pl.col("occurred_at").max()}
    journeys = (
        pl.scan_parquet(f"{folder}/touchpoints.parquet")
        .filter(~pl.col("asset_type").is_in(EXCLUDED))
        .select("touchpoint_id", "contact_id", "occurred_at", pl.col("channel").cast(pl.Categorical))
        .join(members, on="contact_id")
        .filter(pl.col("occurred_at") <= pl.col("closed_at"))
        .sort("deal_id", "occurred_at", "touchpoint_id")
        .with_row_index("row")
        .with_columns(
            (pl.col("deal_id") != pl.col("deal_id").shift(1)).fill_null(value=True).alias("first"),
            (pl.col("deal_id") != pl.col("deal_id").shift(-1)).fill_null(value=True).alias("last"),
            *(window.over("deal_id").alias(name) for name, window in windows.items()),
        )
    )
    if "time-decay" in models:
        weeks = (pl.col("ends") - pl.col("occurred_at")).dt.total_microseconds() / WEEK
        journeys = journeys.with_columns((2.0**-weeks).alias("kernel"))
    by_model = shares(models)
    credited = (
        journeys.with_columns(share.alias(model) for model, share in by_model.items())
        .group_by("channel")
        .agg(
            *((pl.col(model) * pl.col("amount")).sum().alias(f"{model}:revenue") for model in models),
            *(pl.col(model).sum().alias(f"{model}:deals") for model in models),
        )
        .with_columns(pl.col("channel").cast(pl.String))
        .collect(engine="streaming")
    )
    print("channel,model,revenue,deals")
    for row in credited.sort("channel").to_dicts():
        for model in models:
            print(f"{row['channel']},{model},{row[f'{model}:revenue']:.6f},{row[f'{model}:deals']:.6f}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2].split(","))
