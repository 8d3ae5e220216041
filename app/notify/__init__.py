"""Telling people: channels, the notices that go to them, the worker that sends, the guard of what goes out."""
