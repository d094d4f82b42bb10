"""All built-in rules there are. A new one is a file in this folder and a line in this table."""

from __future__ import annotations

from bot.policy.rules_builtin.bots import BOTS
from bot.policy.rules_builtin.destructive import DESTRUCTIVE
from bot.policy.rules_builtin.forks import FORKS
from bot.policy.rules_builtin.freeze import FREEZE
from bot.policy.rules_builtin.granted import GRANTED
from bot.policy.rules_builtin.model import BuiltIn
from bot.policy.rules_builtin.outsiders import OUTSIDERS
from bot.policy.rules_builtin.protected import PROTECTED
from bot.policy.rules_builtin.secrets import SECRETS
from bot.policy.rules_builtin.untrusted import UNTRUSTED
from bot.policy.rules_builtin.workflows import WORKFLOWS

BUILT_IN: dict[str, BuiltIn] = {
    "granted": GRANTED,
    "outsiders": OUTSIDERS,
    "bots": BOTS,
    "forks": FORKS,
    "workflows": WORKFLOWS,
    "protected": PROTECTED,
    "destructive": DESTRUCTIVE,
    "freeze": FREEZE,
    "secrets": SECRETS,
    "untrusted": UNTRUSTED,
}
