#!/usr/bin/env bash
# A report on EMR: attrib in an environment that YARN hands to every executor, tables from the Glue catalogue.
# Run it on the primary node, or as a step (command-runner.jar with bash).
set -euo pipefail

# Once: an environment with the same attrib and DuckDB for driver and executors, packed into an archive.
python3.11 -m venv /home/hadoop/attrib
/home/hadoop/attrib/bin/pip install -q 'attrib-cli[spark]' venv-pack
/home/hadoop/attrib/bin/venv-pack -f -p /home/hadoop/attrib -o /home/hadoop/attrib.tar.gz

cat > attrib.yaml <<'YAML'
sources:
  touchpoints: spark:marketing.touchpoints
  contacts: spark:marketing.contacts
  deals: spark:marketing.deals
  deal_contacts: spark:marketing.deal_contacts
  campaigns: spark:parquet.`s3://example-bucket/campaigns`
YAML

export PYSPARK_DRIVER_PYTHON=/home/hadoop/attrib/bin/python
export PYSPARK_PYTHON=./attrib/bin/python
# Python stands beside Java in an executor: two cores of two gigabytes each, and the overhead that holds them.
export PYSPARK_SUBMIT_ARGS="--archives /home/hadoop/attrib.tar.gz#attrib --executor-cores 2 --executor-memory 4g \
  --conf spark.executor.memoryOverhead=6g --conf spark.sql.catalogImplementation=hive pyspark-shell"
/home/hadoop/attrib/bin/attrib report --config attrib.yaml --by channel --model all --period last-month \
  --engine spark --master yarn --memory 2GB --output channels.xlsx
aws s3 cp channels.xlsx s3://example-bucket/reports/

# Why: every interaction's credit, a folder of Parquet parts that the executors write.
/home/hadoop/attrib/bin/attrib export --config attrib.yaml --ledger --model all --period last-month \
  --engine spark --master yarn --memory 2GB --output credits.parquet
aws s3 cp --recursive credits.parquet s3://example-bucket/credits/
