"""Presence: where each item is believed to be. Reads and time in, changes of belief out. Pure."""
