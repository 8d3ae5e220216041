"""Backups: one checksummed file each, made while the server works, verified before it counts, and put back."""
