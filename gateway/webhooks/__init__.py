"""Webhooks: what changes, signed and sent to whom the operator named, in order, until it is taken."""
