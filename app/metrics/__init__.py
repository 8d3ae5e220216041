"""Figures: of the machines, of the scraping, over the last minute and the last hour, and what goes into the series."""
