"""Journeys as paths, for packages that estimate models from paths: converting ones and those that did not.

One row a journey: its path ("Email>Social>Direct"), whether it converted, whether it did not, and its value. Won deals
with the interactions of their contacts up to the closing; lost and open deals; contacts without a deal.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from with_pandas import read_touchpoints


def read_paths(folder: str) -> pd.DataFrame:
    """One row a journey: path, deals, null and value."""
    touchpoints = read_touchpoints(folder)
    deals = pq.read_table(f"{folder}/deals.parquet").to_pandas()
    members = pd.read_parquet(f"{folder}/deal_contacts.parquet").merge(deals, on="deal_id")
    pooled = touchpoints.merge(members[["deal_id", "contact_id", "closed_at", "amount", "is_won"]], on="contact_id")
    pooled = pooled[pooled["closed_at"].isna() | (pooled["occurred_at"] <= pooled["closed_at"])]
    alone = touchpoints[~touchpoints["contact_id"].isin(members["contact_id"])]
    return pd.concat([_paths(pooled, "deal_id"), _paths(alone.assign(is_won=False, amount=0.0), "contact_id")])


def _paths(interactions: pd.DataFrame, journey: str) -> pd.DataFrame:
    order = np.lexsort((interactions["touchpoint_id"], interactions["occurred_at"], interactions[journey]))
    ordered = interactions.iloc[order]
    first = np.flatnonzero(np.r_[True, np.diff(ordered[journey]) != 0])
    channels = ordered["channel"].astype(object).tolist()
    won = ordered["is_won"].to_numpy()[first].astype(int)
    value = ordered["amount"].to_numpy()[first].astype(float) * won
    path = [">".join(channels[start:end]) for start, end in pairwise([*first.tolist(), len(channels)])]
    return pd.DataFrame({"path": path, "deals": won, "null": 1 - won, "value": value})
