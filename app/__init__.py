"""The server, one folder a component; imports run downward only (import-linter holds it).

factory    builds all of this and wires it; the only module that knows every other
scheduler  one table: what runs how often            cli        the `flask` commands
dashboard  pages                                     api        REST and export
websocket  the two Socket.IO namespaces              services   what the three above are handed
alerts     rules and incidents
jobs       what a job is       metrics  figures      ingest     events: read, checked, answered
accounts   who may do what
storage    the only place that speaks to databases
runtime    how work waits: eventlet or threads
core       bus, clock, ids, errors: no opinion on scraping
"""
