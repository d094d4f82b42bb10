"""From an event to what follows: asks are read, permitted or refused, and answered or begun."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime

from bot.actions import ACTIONS
from bot.desk.model import Desk
from bot.errors import Hiccup, UserError
from bot.events import CheckPressed, Commented, Event, InstallationChanged, Pinged, PullChanged, SuiteRerun
from bot.ids import Person, Place, new_page_key, new_run_id
from bot.ledger.audit import AuditLine
from bot.ledger.runs import NewRun
from bot.ledger.surfaces import NewSurface, SurfaceKind
from bot.limits import Limits
from bot.plans.model import Plan
from bot.policy import Denial, Grant, permit
from bot.ports import Role
from bot.reading import Ask, asks, new_asks
from bot.reports import replies
from bot.rules import CONFIG_PATH, Rules, effective
from bot.runs import Run, Target
from bot.verbs import VERBS
from bot.verbs.model import Asked, Reply, Start
