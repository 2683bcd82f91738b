"""Observations and till events as JSON Lines: read, written, and what follows from them row by row. Pure."""
