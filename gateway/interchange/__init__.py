"""Exports: tables as flat rows, rows as lines. Pure."""
