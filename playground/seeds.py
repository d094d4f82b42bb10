"""Worlds to begin with: `empty` has people and our App, `demo` has a shop with a bug and a pull request."""

from __future__ import annotations

import functools
from collections.abc import Callable

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from playground import acts
from playground.github.state import Account, App, World, now
from playground.settings import Settings

# The people of every story, as the attack corpus calls them: login → (id, role).
PEOPLE = {
    "owner-olga": (1, "admin"),
    "maint-mia": (2, "maintain"),
    "writer-will": (3, "write"),
    "writer-wendy": (4, "write"),
    "triage-tom": (5, "triage"),
    "reader-rita": (6, "read"),
    "outsider-oz": (9, "none"),
}
ROLES = {login: role for login, (_, role) in PEOPLE.items()}
OUR_BOT_ID, ROGUE_APP_ID = 42, 77

_PRICES = '''"""Prices of the shop, in cents."""


def total(lines):
    """The sum of a cart of (price, quantity) lines."""
    return sum(price * quantity for price, quantity in lines)
'''
_DISCOUNT = '''

def discounted(amount, percent):
    """What is left of an amount after a discount of so many percent, rounded up to a cent."""
    return amount - percent
'''
_TESTS = """import unittest

from shop.prices import total


class Totals(unittest.TestCase):
    def test_an_empty_cart_costs_nothing(self):
        self.assertEqual(total([]), 0)

    def test_a_cart_costs_what_its_lines_cost(self):
        self.assertEqual(total([(250, 2), (1_000, 1)]), 1_500)


if __name__ == "__main__":
    unittest.main()
"""
_DISCOUNT_TESTS = """import unittest

from shop.prices import discounted


class Discounts(unittest.TestCase):
    def test_no_discount_leaves_the_amount(self):
        self.assertEqual(discounted(2_000, 0), 2_000)

    def test_ten_percent_of_twenty_euros_are_two(self):
        self.assertEqual(discounted(2_000, 10), 1_800)


if __name__ == "__main__":
    unittest.main()
"""
SHOP = {
    "README.md": "# shop\n\nA small shop. Run its tests with `python3 -m unittest`.\n",
    "shop/__init__.py": "",
    "shop/prices.py": _PRICES,
    "tests/__init__.py": "",
    "tests/test_totals.py": _TESTS,
    "CHANGELOG.md": "# Changes\n\n- Carts have totals.\n",
    ".gitignore": "__pycache__/\n",
}
FEATURE = "feature/discounts"
DISCOUNTS = {"shop/prices.py": _PRICES + _DISCOUNT, "tests/test_discounts.py": _DISCOUNT_TESTS}


@functools.cache  # reading a private key costs fifty milliseconds, as much as all the rest of a seed
def _public_key(pem: str) -> RSAPublicKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("An App's private key is an RSA key.")
    return key.public_key()


def empty(world: World, settings: Settings) -> None:
    """Our App, a foreign one, an organisation and its people; no repository."""
    acts.add_account(world, login="acme", kind="Organization", id=100)
    for login, (number, _) in PEOPLE.items():
        acts.add_account(world, login=login, id=number)
    owner = world.account("acme")
    ours, rogues = f"{settings.slug}[bot]", "rogue-app[bot]"
    acts.add_account(world, login=ours, kind="Bot", id=OUR_BOT_ID)
    acts.add_account(world, login=rogues, kind="Bot", id=ROGUE_APP_ID)
    world.accounts["web-flow"] = Account("web-flow", 19_864_447)
    clock = now()
    world.apps[settings.app_id] = App(
        id=settings.app_id,
        slug=settings.slug,
        name=settings.slug,
        owner=owner,
        bot=world.account(ours),
        public_key=_public_key(settings.private_key),
        client_id=settings.client_id,
        permissions=dict(settings.permissions),
        events=list(settings.events),
        created_at=clock,
        client_secret=settings.client_secret,
        callback_urls=(settings.callback_url,) if settings.callback_url else (),
    )
    world.apps[ROGUE_APP_ID] = App(
        id=ROGUE_APP_ID,
        slug="rogue-app",
        name="rogue-app",
        owner=owner,
        bot=world.account(rogues),
        public_key=None,
        client_id="Iv23rogue",
        permissions={"metadata": "read", "checks": "write", "issues": "write"},
        events=[],
        created_at=clock,
    )


def demo(world: World, settings: Settings) -> None:
    """`acme/shop`, whose pull request #1 brings a feature that its own test finds wrong."""
    empty(world, settings)
    acts.add_repository(world, name="acme/shop", files=SHOP, roles=ROLES, id=1001)
    acts.push(
        world,
        user="writer-will",
        repo="acme/shop",
        branch=FEATURE,
        files=DISCOUNTS,
        message="Take a discount off an amount",
    )
    acts.open_pull(
        world,
        user="writer-will",
        repo="acme/shop",
        head=FEATURE,
        title="Discounts",
        body="Prices can have a discount now. One of the new tests fails, and I do not see why.",
    )


SEEDS: dict[str, Callable[[World, Settings], None]] = {"empty": empty, "demo": demo}
