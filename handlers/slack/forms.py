"""Forms and homes: opened, changed, and shown to one."""

from __future__ import annotations

from dataclasses import dataclass

from bot.chat.forms import Form, Home
from bot.chat.model import ChatUser
from bot.errors import UserError
from bot.reports.chat import form_too_late
from handlers.slack.api import SlackApi
from handlers.slack.refusals import Refusal
from handlers.slack.views import home, modal

TOO_LATE = frozenset({"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"})


@dataclass(frozen=True)
class SlackForms:
    api: SlackApi

    def open(self, team: str, trigger: str, form: Form) -> None:
        try:
            self.api.call(team, "views.open", trigger_id=trigger, view=modal(form))
        except Refusal as refusal:
            if refusal.said in TOO_LATE:
                raise UserError(form_too_late(form)) from refusal
            raise

    def change(self, team: str, view: str, form: Form) -> None:
        try:
            self.api.call(team, "views.update", view_id=view, view=modal(form))
        except Refusal as refusal:
            if refusal.said not in ("not_found", "view_not_found"):
                raise

    def home(self, user: ChatUser, home_of: Home) -> None:
        self.api.call(user.team, "views.publish", user_id=user.id, view=home(home_of))
