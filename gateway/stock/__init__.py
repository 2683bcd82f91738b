"""Stock: presence, shelves, scans and sales brought together into levels, one piece at a time. Pure."""
