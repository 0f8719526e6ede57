"""Reports as text: tables for people, and csv, tsv, json, jsonl and markdown."""
