"""Measures the real server: ``python -m bench`` (`make bench`) prints a table of medians at its end."""
