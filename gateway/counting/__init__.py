"""Corrections by people: adjustments of single levels, and counts of whole zones. Pure."""
