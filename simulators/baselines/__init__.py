"""The peers' published rules, re-implemented, to be judged on the same messages as the product."""
