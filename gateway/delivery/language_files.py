"""Reads the languages that come with storefloor: config/messages/<code>.toml. [I/O]"""

import tomllib
from functools import cache
from importlib.resources import files

from gateway.delivery.language import Language, language_of


@cache
def languages() -> dict[str, Language]:
    """Return all languages by code, in order of their codes. Raises LanguageRefused naming a bad file."""
    folder = files("config").joinpath("messages")
    texts = {
        entry.name.removesuffix(".toml"): entry.read_text("utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    }
    return {code: language_of(code, tomllib.loads(texts[code])) for code in sorted(texts)}
