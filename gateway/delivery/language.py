"""A language as a file says it: its plurals, numbers, times and texts. Pure.

A file names one of PLURAL_RULES (those of CLDR, https://cldr.unicode.org/index/cldr-spec/plural-rules, for whole
numbers), so that a language is added by adding a file. No library: all that is told here are whole numbers and
times of day in a handful of languages, and Babel brings the data of 700 (30 MB).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Values = Mapping[str, object]
Text = str | Mapping[str, str]
"""A sentence, or its plural forms by category, with the placeholder that is counted under `by`."""

MAX_VALUE_CHARS = 200
"""Of one value in a text: names of articles are foreign, and a subject is one line."""
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class LanguageRefused(ValueError):  # noqa: N818 - named by what happened
    """A file of texts that cannot be used; its text says why."""


class NotKnown(LookupError):  # noqa: N818 - named by what happened
    """A text names a value that is not known of this alert."""


def _polish(n: int) -> str:
    if n == 1:
        return "one"
    return "few" if n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14) else "many"


def _east_slavic(n: int) -> str:
    if n % 10 == 1 and n % 100 != 11:
        return "one"
    return "few" if n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14) else "many"


def _czech(n: int) -> str:
    return "one" if n == 1 else "few" if n in (2, 3, 4) else "other"


PLURAL_RULES: dict[str, tuple[tuple[str, ...], Callable[[int], str]]] = {
    "none": (("other",), lambda _: "other"),  # Japanese, Chinese, Korean, Vietnamese
    "one": (("one", "other"), lambda n: "one" if n == 1 else "other"),  # English, German, Italian, Dutch
    "zero_one": (("one", "other"), lambda n: "one" if n in (0, 1) else "other"),  # French, Portuguese
    "polish": (("one", "few", "many"), _polish),
    "east_slavic": (("one", "few", "many"), _east_slavic),  # Russian, Ukrainian
    "czech": (("one", "few", "other"), _czech),  # Czech, Slovak
}
"""By name: the forms that a text must have, and which of them a count takes."""


@dataclass(frozen=True, slots=True)
class Language:
    """One language. `texts` by dotted path, such as `alerts.low_stock.title`."""

    code: str
    name: str
    plural: str
    group: str
    decimal: str
    time: str
    date: str
    short: str
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    texts: Mapping[str, Text]

    def has(self, path: str) -> bool:
        """Return whether there is such a text."""
        return path in self.texts

    def text(self, path: str, values: Values) -> str:
        """Return a text with its values. Raises KeyError without such a text, NotKnown without one of its values."""
        text = self.texts[path]
        if not isinstance(text, str):
            count = values.get(text["by"])
            if not isinstance(count, int):
                raise NotKnown(text["by"])
            text = text[PLURAL_RULES[self.plural][1](abs(count))]
        return PLACEHOLDER.sub(lambda match: self._shown(values.get(match[1]), match[1]), text)

    def placeholders(self, path: str) -> set[str]:
        """Return what a text names, in any of its forms."""
        text = self.texts[path]
        forms = [text] if isinstance(text, str) else [form for key, form in text.items() if key != "by"]
        counted = set() if isinstance(text, str) else {text["by"]}
        return counted.union(*(PLACEHOLDER.findall(form) for form in forms))

    def number(self, n: float) -> str:
        """Return a whole number in groups of three, from five digits on; what is no whole number is rounded."""
        digits = f"{abs(round(n))}"
        if len(digits) > 4:
            head = len(digits) % 3
            parts = [digits[i : i + 3] for i in range(head, len(digits), 3)]
            digits = self.group.join(([digits[:head]] if head else []) + parts)
        return f"−{digits}" if round(n) < 0 else digits

    def decimal_number(self, n: float, digits: int) -> str:
        """Return a number with so many decimal places."""
        whole, _, rest = f"{abs(n):.{digits}f}".partition(".")
        text = self.number(int(whole)) + (self.decimal + rest if rest else "")
        return f"−{text}" if n < 0 else text

    def clock(self, at: datetime) -> str:
        """Return a time of day."""
        return _fill(self.time, {"hour": str(at.hour), "hour2": f"{at.hour:02}", "minute": f"{at.minute:02}"})

    def day(self, at: datetime) -> str:
        """Return a date without its year: nothing here is told a year late."""
        weekday, month = self.weekdays[at.weekday()], self.months[at.month - 1]
        return _fill(self.date, {"weekday": weekday, "day": str(at.day), "month": month})

    def short_day(self, at: datetime) -> str:
        """Return a date without its year in digits, as short as an axis needs it."""
        return _fill(self.short, {"day2": f"{at.day:02}", "month2": f"{at.month:02}"})

    def _shown(self, value: object, name: str) -> str:
        if value is None or value == "":
            raise NotKnown(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return one_line(str(value))
        return self.number(value)


def one_line(text: str) -> str:
    """Return foreign text as one line of bounded length."""
    plain = _CONTROL.sub(" ", text).strip().encode("utf-8", "replace").decode("utf-8")
    return plain if len(plain) <= MAX_VALUE_CHARS else plain[: MAX_VALUE_CHARS - 1] + "…"


def language_of(code: str, raw: Mapping[str, Any]) -> Language:
    """Return the language of a file's content. Raises LanguageRefused naming what is wrong."""
    texts: dict[str, Text] = {}
    for table in ("kinds", "alerts", "page", "backtest"):
        _collect(table, raw.get(table, {}), texts)
    try:
        plural, number, time = raw["plural"], raw["number"], raw["time"]
        language = Language(
            code,
            raw["name"],
            plural["rule"],
            number["group"],
            number.get("decimal", "."),
            time["time"],
            time["date"],
            time.get("short", "{month2}-{day2}"),
            tuple(time["weekdays"]),
            tuple(time["months"]),
            texts,
        )
    except (KeyError, TypeError) as error:
        raise LanguageRefused(f"{code}: {error} is missing, or not a table") from error
    if language.plural not in PLURAL_RULES:
        known = ", ".join(PLURAL_RULES)
        raise LanguageRefused(f"{code}: plural.rule {language.plural!r} is not known: write one of {known}")
    if (len(language.weekdays), len(language.months)) != (7, 12):
        raise LanguageRefused(f"{code}: write 7 time.weekdays, from Monday, and 12 time.months")
    for path, text in texts.items():
        _check(code, path, text, PLURAL_RULES[language.plural][0])
    return language


def _collect(path: str, raw: Any, texts: dict[str, Text]) -> None:
    if isinstance(raw, str) or (isinstance(raw, dict) and "by" in raw):
        texts[path] = raw
    elif isinstance(raw, dict):
        for key, inner in raw.items():
            _collect(f"{path}.{key}", inner, texts)
    else:
        raise LanguageRefused(f"{path}: write a text, or a table of plural forms")


def _check(code: str, path: str, text: Text, forms: tuple[str, ...]) -> None:
    if not isinstance(text, str) and set(text) != {"by", *forms}:
        raise LanguageRefused(f"{code}: {path} needs by, {', '.join(forms)}, and no other form")
    for form in [text] if isinstance(text, str) else text.values():
        if not isinstance(form, str):
            raise LanguageRefused(f"{code}: {path}: each form is a text")
        if re.search(r"[{}]", PLACEHOLDER.sub("", form)):
            raise LanguageRefused(f"{code}: {path}: {form!r} has a brace that is no {{placeholder}}")


def _fill(pattern: str, values: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), pattern)
