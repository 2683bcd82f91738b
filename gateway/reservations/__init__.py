"""Reservations: pieces promised to someone until a time. The rules, without time or disk of their own. Pure."""
