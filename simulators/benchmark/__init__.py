"""The truth benchmark's shop: seeded, state-accurate, its families as data. Messages out, truth apart."""
