"""The gateway in figures: its metrics as text, and its samples for a time-series server."""
