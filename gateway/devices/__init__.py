"""The devices of a site: how they are set up, whether they live and serve, how far off their clocks are."""
