"""Key figures of stores by the day: kept up with each change, never computed from history. Pure."""
