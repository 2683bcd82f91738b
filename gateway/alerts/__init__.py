"""Alerts: what staff must know, rarely, early and truly. Pure."""
