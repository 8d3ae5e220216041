"""The only place that speaks to databases: ports in `base`, one module or folder an engine."""
