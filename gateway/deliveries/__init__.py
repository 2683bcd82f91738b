"""Expected deliveries: what is to come to a store, and which pieces of it have come. Pure."""
