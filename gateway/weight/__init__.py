"""How many pieces stand on a weight shelf, with the probability of each count. Pure."""
