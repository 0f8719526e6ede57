# Databricks notebook source
# ruff: noqa: D100 - the first line makes it a notebook
# MAGIC %md Channels of last month, on the Spark of this cluster, from tables of Unity Catalog.
# MAGIC
# MAGIC Install the library `attrib-cli` on the cluster (not in the notebook alone), so that all workers have it.

# COMMAND ----------
from pathlib import Path

from attrib_cli.app import run

FOLDER = Path("/Volumes/main/marketing/attrib")
CONFIG = """\
sources:
  touchpoints: spark:main.marketing.touchpoints
  contacts: spark:main.marketing.contacts
  deals: spark:main.marketing.deals
  deal_contacts: spark:main.marketing.deal_contacts
  campaigns: spark:main.marketing.campaigns
resources:
  engine: spark
  memory: 2GB
  shards: 256
"""

# COMMAND ----------
FOLDER.mkdir(parents=True, exist_ok=True)
(FOLDER / "attrib.yaml").write_text(CONFIG)
report = FOLDER / "channels.xlsx"
asked = ["--by", "channel", "--model", "all", "--period", "last-month", "--output", str(report)]
code = run(["report", "--config", str(FOLDER / "attrib.yaml"), *asked])
if code:
    raise SystemExit(code)
