"""Data alone, read through importlib.resources: example site, demo store, messages."""
