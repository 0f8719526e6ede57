"""The same report in pandas: revenue and deals by channel, for first, last, linear, u-shaped and time-decay.

    python benchmarks/peers/with_pandas.py DIRECTORY MODEL[,MODEL...]

Reads only the columns it needs, with channels as categories. Journeys lie side by side after one sort, so that
everything about a journey is a `reduceat` of numpy and no Python code runs for single rows.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

EXCLUDED = ["static_list", "WORKFLOW"]
WEEK = np.timedelta64(7, "D")


def read_touchpoints(folder: str) -> pd.DataFrame:
    """The interactions that may earn credit; the filter runs inside the reader, text arrives as dictionary codes."""
    return pq.read_table(
        f"{folder}/touchpoints.parquet",
        columns=["touchpoint_id", "contact_id", "occurred_at", "channel"],
        filters=[("asset_type", "not in", EXCLUDED)],
        read_dictionary=["channel", "asset_type"],
    ).to_pandas()


def read_journeys(folder: str) -> pd.DataFrame:
    """One row an interaction of a won deal, ordered within the deal."""
    deals = pq.read_table(f"{folder}/deals.parquet", filters=[("is_won", "=", True)]).to_pandas()
    deals = deals.dropna(subset=["created_at", "closed_at", "amount"])[["deal_id", "closed_at", "amount"]]
    deals["amount"] = deals["amount"].astype("float64")
    members = pd.read_parquet(f"{folder}/deal_contacts.parquet").merge(deals, on="deal_id")
    journeys = read_touchpoints(folder).merge(members, on="contact_id")
    journeys = journeys[journeys["occurred_at"] <= journeys["closed_at"]]
    order = np.lexsort((journeys["touchpoint_id"], journeys["occurred_at"], journeys["deal_id"]))
    return journeys.iloc[order]


def lead_rows(folder: str, journeys: pd.DataFrame, starts: np.ndarray) -> np.ndarray:
    """For each journey the row of the lead creation, -1 where there is none."""
    members = pd.read_parquet(f"{folder}/deal_contacts.parquet")
    members = members[members["deal_id"].isin(journeys["deal_id"].to_numpy()[starts])]
    contacts = pd.read_parquet(f"{folder}/contacts.parquet").dropna(subset=["created_at"])
    oldest = members.merge(contacts, on="contact_id")
    oldest = oldest.iloc[np.lexsort((oldest["contact_id"], oldest["created_at"], oldest["deal_id"]))]
    oldest = oldest.drop_duplicates("deal_id").set_index("deal_id")
    known = oldest.index.get_indexer(journeys["deal_id"])
    is_lead = (
        (known >= 0)
        & (oldest["contact_id"].to_numpy()[known] == journeys["contact_id"].to_numpy())
        & (journeys["occurred_at"].to_numpy() <= oldest["created_at"].to_numpy()[known])
    )
    return np.maximum.reduceat(np.where(is_lead, np.arange(len(journeys)), -1), starts)


def main(folder: str, models: list[str]) -> None:
    """Prints channel, model, revenue, deals as CSV."""
    journeys = read_journeys(folder)
    deal = journeys["deal_id"].to_numpy()
    first = np.r_[True, deal[1:] != deal[:-1]]
    last = np.r_[first[1:], True]
    starts = np.flatnonzero(first)
    length = np.diff(np.r_[starts, len(deal)])
    shares: dict[str, np.ndarray] = {}
    for model in models:
        if model in {"first", "last"}:
            shares[model] = (first if model == "first" else last).astype("float64")
        elif model == "linear":
            shares[model] = np.repeat(1 / length, length)
        elif model == "u-shaped":
            lead = lead_rows(folder, journeys, starts)
            has_lead, same = lead >= 0, lead == starts
            raw = 40.0 * first
            raw[lead[has_lead]] += 40
            middle = length - 1 - has_lead + same
            rest = 20 / np.maximum(middle, 1)
            raw = np.where(raw > 0, raw, np.repeat(rest, length))
            shares[model] = raw / np.repeat(40 + 40 * has_lead + 20 * (middle > 0), length)
        elif model == "time-decay":
            moment = journeys["occurred_at"].to_numpy()
            kernel = np.exp2((moment - np.repeat(moment[np.flatnonzero(last)], length)) / WEEK)
            shares[model] = kernel / np.repeat(np.add.reduceat(kernel, starts), length)
    amount, channel = journeys["amount"].to_numpy(), journeys["channel"].cat
    names = list(channel.categories)
    codes = channel.codes.to_numpy()
    sums = {
        model: (np.bincount(codes, share * amount, len(names)), np.bincount(codes, share, len(names)))
        for model, share in shares.items()
    }
    print("channel,model,revenue,deals")
    for code, name in sorted(enumerate(names), key=lambda pair: pair[1]):
        for model in models:
            print(f"{name},{model},{sums[model][0][code]:.6f},{sums[model][1][code]:.6f}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2].split(","))
