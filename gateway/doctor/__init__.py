"""What is attached, what is wrong with it, and what to write into the site file."""
