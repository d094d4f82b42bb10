"""`private_data`: e-mail addresses, card numbers and bank accounts in what we are about to say.

Private keys are among the secrets. Addresses of machines are left alone: every log of a build has some.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

from bot.guardrails.model import Hit, Passage, lines_in

_AT = re.compile(
    r"@(?P<host>[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,6}\.(?P<top>[a-z]{2,12}))(?![\w:.-]?\w|[/(])"
)
_LOCAL = string.ascii_letters + string.digits + "._%+-"
_NOBODY = ("git", "noreply", "no-reply", "donotreply", "do-not-reply", "this", "super", "return")
_NOWHERE = re.compile(
    r"(?:.{0,200}\.)?(?:example\.(?:com|org|net)|users\.noreply\.github\.com"
    r"|(?:example|test|invalid|localhost|local|internal)"
    r"|(?:png|jpe?g|gif|svg|webp|js|mjs|ts|css|py|rs|go|md|json|ya?ml|service|socket|timer|target|slice|mount))"
)
_TRAILER = re.compile(r"\s{0,8}[A-Za-z-]{1,24}-by: ", re.IGNORECASE)  # signed by whom it names

_CARD = re.compile(
    r"(?<![\w.\-/=])(?:(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6011|65\d\d)([ -]?)\d{4}\1\d{4}\1\d{4}"
    r"|3[47]\d\d([ -]?)\d{6}\2\d{5})(?![\w\-]|\.\d)"
)
_TEST_CARDS = frozenset(  # from the documentation of payment services
    [
        "4242424242424242",
        "4111111111111111",
        "4000056655665556",
        "5555555555554444",
        "5105105105105100",
        "2223003122003222",
        "378282246310005",
        "371449635398431",
        "6011111111111117",
        "4012888888881881",
        "4000000000000002",
    ]
)
_ACCOUNT = re.compile(r"(?<!\w)[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")
_LEAST, _LONGEST = 15, 34  # characters of an account number, ISO 13616


def look(passage: Passage) -> Iterator[Hit]:
    text = passage.text
    line_of = lines_in(text)
    for found in _AT.finditer(text):
        if _is_somebody(text, found):
            yield Hit(line_of(found.start()), "It holds somebody's e-mail address.")
    for found in _CARD.finditer(text):
        if _is_card(found[0]):
            yield Hit(line_of(found.start()), "It holds what looks like the number of a payment card.")
    for found in _ACCOUNT.finditer(text):
        if _is_account(found[0].replace(" ", "")):
            yield Hit(line_of(found.start()), "It holds what looks like the number of a bank account.")


def _is_somebody(text: str, found: re.Match[str]) -> bool:
    before = text[max(0, found.start() - 64) : found.start()]
    local = before[len(before.rstrip(_LOCAL)) :]
    outside = before[: len(before) - len(local)]
    if not local or local.lower() in _NOBODY or local.endswith("[bot]"):
        return False
    if outside.endswith(("/", ":", "@", "$", "]")) and not outside.lower().endswith("mailto:"):
        return False  # a name in an address of a host, as in ssh://deploy@host.com
    if _NOWHERE.fullmatch(found["host"]):
        return False
    begin = text.rfind("\n", max(0, found.start() - 400), found.start()) + 1
    return not _TRAILER.match(text, begin)


def _is_card(written: str) -> bool:
    digits = [int(char) for char in written if char.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return "".join(map(str, digits)) not in _TEST_CARDS and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_account(written: str) -> bool:
    if not _LEAST <= len(written) <= _LONGEST:
        return False
    return int("".join(str(int(char, 36)) for char in written[4:] + written[:4])) % 97 == 1
