"""What will be sold, and when nothing will be left of it."""
