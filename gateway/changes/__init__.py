"""What reads differently now: noted with each commit, followed as a log, streamed to subscribers."""
