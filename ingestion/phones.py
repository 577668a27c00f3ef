"""Phone numbers as E.164, overseas included: `"04 72 00 00 01"` → `"+33472000001"`, `"0262…"` → `"+262262…"`."""

import re
from functools import lru_cache

import phonenumbers

_NOT_DIGITS = re.compile(r"\D+")
_NATIONAL = 10
_WITHOUT_ZERO = 9
_OVERSEAS: dict[str, str] = {
    **dict.fromkeys(("0590", "0690", "0691"), "+590"),
    **dict.fromkeys(("0594", "0694"), "+594"),
    **dict.fromkeys(("0596", "0696", "0697"), "+596"),
    **dict.fromkeys(("0262", "0263", "0269", "0639", "0692", "0693"), "+262"),
}
"""Prefixes of the national numbering plan that have a country code of their own."""


@lru_cache(maxsize=50_000)
def normalise(text: str) -> str | None:
    """The number in E.164, or None when it is not one. A French number may lack its leading zero."""
    digits = _NOT_DIGITS.sub("", text)
    if "+" in text or digits.startswith("00"):
        return _international("+" + digits.removeprefix("00"))
    if len(digits) == _WITHOUT_ZERO and digits[0] != "0":
        digits = "0" + digits
    if len(digits) != _NATIONAL or digits[0] != "0" or digits[1] == "0":
        return _international("+" + digits) if digits.startswith("33") else None
    if digits.startswith("0508"):
        return "+508" + digits[4:]
    return _OVERSEAS.get(digits[:4], "+33") + digits[1:]


def _international(text: str) -> str | None:
    """A number with its country code, if the numbering plan of that country has it. `+33 (0)4…` is understood."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
