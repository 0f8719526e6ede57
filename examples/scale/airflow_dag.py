"""A report in shards on Airflow: 16 tasks compute a shard each, a last one puts them together."""

from __future__ import annotations

import pendulum
from airflow.providers.standard.operators.bash import BashOperator  # of Airflow 2: airflow.operators.bash
from airflow.sdk import dag  # of Airflow 2: airflow.decorators

SHARDS = 16
DAY = "{{ data_interval_end | ds }}"  # the day of the run; of Airflow 2, `ds` is that of the run before
REPORT = f"--config /data/attrib.yaml --period last-month --model first,linear --by channel --today {DAY}"
PARTS = f"/parts/{DAY}"


@dag(schedule="0 5 1 * *", start_date=pendulum.datetime(2026, 1, 1), catchup=False, tags=["attribution"])
def channels_last_month() -> None:
    """Compute last month's channels on the first of each month."""
    finished = BashOperator(
        task_id="report",
        bash_command=f"attrib report {REPORT} --partials '{PARTS}/*.parquet' --output /out/channels.xlsx",
    )
    for shard in range(1, SHARDS + 1):
        part = f"attrib partial {REPORT} --shard {shard}/{SHARDS} --output {PARTS}/part-{shard}.parquet"
        BashOperator(task_id=f"shard_{shard}", bash_command=f"mkdir -p {PARTS} && {part}", retries=2) >> finished


channels_last_month()
