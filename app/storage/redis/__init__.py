"""Events, series, groups and search in Redis 6.2 or newer, without modules: streams, sorted sets and hashes.

What lies under which key is told in `keys`; all that is written goes through the one door in `server`.
"""
