"""What a device said: wire formats in, observations out. Imports nothing of ours."""
