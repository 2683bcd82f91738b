"""A rule of alerts tried on what was stored, before anybody is disturbed by it. Pure."""
