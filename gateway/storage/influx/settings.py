"""Where an InfluxDB is and how it is spoken to, with the secret read already. Pure values."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class InfluxSettings:
    """One place in one server. The token is in no repr, and so in no log.

    `bucket`: a bucket (2.x), a database (3.x), a database or database/retention-policy (1.8);
    `token`: a token (2.x, 3.x), user:password (1.8), empty where the server asks for none.
    """

    url: str
    bucket: str
    org: str = ""
    token: str = field(default="", repr=False)
    timeout_s: float = 10.0
    gzip: bool = True
    ca_file: str | None = None

    def hidden(self, text: str) -> str:
        """Return foreign words without the secret, should they repeat it."""
        for secret in (self.token, self.token.partition(":")[2]):
            if len(secret) > 3:  # a shorter one would blot out half of all words
                text = text.replace(secret, "***")
        return text
