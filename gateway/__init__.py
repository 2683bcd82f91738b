"""What the store knows: presence, stock, alerts, and the process that keeps them."""
