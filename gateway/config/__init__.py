"""The site's file as models: each table with its keys, units, defaults and bounds; and how it is read."""
