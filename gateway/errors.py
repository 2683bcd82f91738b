"""The error tree of gateway/, split by who can act. Pure."""


class GatewayError(Exception):
    """Base of the gateway's own errors."""


class ConfigError(GatewayError):
    """The operator is wrong: refuse to start. The text names file, key, value and remedy, a line each."""
