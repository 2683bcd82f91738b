"""Who works here: people and their PINs, the devices that they share, and where they are signed in."""
