"""What has no opinion on scraping: bus, clock, errors."""
