"""Where journeys are gathered: in one DuckDB, shard by shard, or by a second engine that keeps the same interface."""
