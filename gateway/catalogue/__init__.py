"""The articles that a site sells: looked up, put in while the gateway runs, told from what was read or typed."""
