"""The MongoDB store: events, series, groups and words in one MongoDB database (see docs/decisions)."""
