"""SQLite and Postgres, by SQLAlchemy Core: tables without behaviour, beside the store that uses them."""
