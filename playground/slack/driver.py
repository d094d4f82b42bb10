"""A person's hands in this Slack: acts as methods, what can be seen as plain dicts, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from playground.remote import Remote

Json = dict[str, Any]
TEAM, CHANNEL, PERSON = "T_ACME", "C_SHOP", "U_WILL"


class SlackDriver(Remote):
    """Everything people can do in Slack, and everything there is to see.

    Flaws, for acts that reach our App: `signature` (the whole header, `{valid}` in it is the right one),
    `secret` (signed with another), `age` (seconds), `timestamp` (the whole header), `omit_headers`.
    What our App is asked comes back as `status` (0: no answer), `body`, `seconds`, `trouble`, `delivery`.
    """

    acts = "/slack/acts/"

    def until_idle(self, *, seconds: float = 10.0) -> None:
        """Every event has arrived, or was given up."""
        self.until(lambda: self.sees_state()["idle"] or None, seconds=seconds)

    def reset(self) -> None:
        """Back to the seed; our App stays where it listens."""
        self.act("reset")

    # -- the ground -----------------------------------------------------------------------------

    def adds_team(self, team: str, *, name: str = "", domain: str = "") -> Json:
        return self._json("add_team", id=team, name=name, domain=domain)

    def adds_user(
        self, user: str, *, team: str = TEAM, name: str = "", home: str | None = None, **marks: bool
    ) -> Json:
        """Or changes one. Marks: `is_admin`, `is_bot`, `is_restricted`, `is_ultra_restricted`, `deleted`."""
        return self._json("add_user", id=user, team=team, name=name, home=home, **marks)

    def adds_channel(
        self,
        channel: str,
        *,
        name: str = "",
        team: str = TEAM,
        private: bool = False,
        members: Sequence[str] = (),
        ext_shared: bool = False,
    ) -> Json:
        shared = {"private": private, "members": list(members), "ext_shared": ext_shared}
        return self._json("add_channel", id=channel, name=name, team=team, **shared)

    def talks(self, user: str = PERSON, *, to: str | None = None) -> str:
        """The channel in which two people write to each other, or one and our bot."""
        return str(self._json("open_talk", by=user, to=to)["id"])

    def joins(self, user: str, *, channel: str = CHANNEL) -> Json:
        """A person, or our bot U_AGENT."""
        return self._json("join", channel=channel, user=user)

    def leaves(self, user: str, *, channel: str = CHANNEL) -> Json:
        return self._json("leave", channel=channel, user=user)

    def archives(self, channel: str = CHANNEL) -> None:
        self.act("archive", channel=channel)

    # -- our App --------------------------------------------------------------------------------

    def installs(self, team: str, *, scopes: Sequence[str] | None = None) -> Json:
        """Returns `token`, `bot` and `bot_id`."""
        return self._json("install_app", team=team, scopes=None if scopes is None else list(scopes))

    def revokes_token(self, team: str = TEAM) -> None:
        self.act("revoke_token", team=team)

    def uninstalls(self, team: str = TEAM) -> Json:
        """Our App is told by tokens_revoked and app_uninstalled."""
        return self._json("uninstall", team=team)

    def sets_scopes(self, *scopes: str, team: str = TEAM) -> None:
        self.act("set_scopes", team=team, scopes=list(scopes))

    def sends_to(self, base: str | None) -> None:
        """Our App listens at `<base>/webhooks/slack` from now on."""
        self.act("set_base", base=base)

    def subscribes(self, *events: str) -> None:
        """Messages are `message.channels`, `message.groups` and `message.im`."""
        self.act("set_events", events=list(events))

    def verifies_url(self, **flaws: Any) -> Json:
        """Returns the `challenge` as well."""
        return self._json("verify_url", **flaws)

    # -- talk -----------------------------------------------------------------------------------

    def commands(
        self,
        text: str,
        *,
        by: str = PERSON,
        channel: str = CHANNEL,
        team: str | None = None,
        trigger_id: str | None = None,
        response_url: str | None = None,
        **flaws: Any,
    ) -> Json:
        """`/agent run tests` or `run tests`. Returns how it was answered, and `trigger_id`."""
        given = {"team": team, "trigger_id": trigger_id, "response_url": response_url}
        return self._json("command", text=text, by=by, channel=channel, **given, **flaws)

    def mentions(
        self,
        text: str,
        *,
        by: str = PERSON,
        channel: str = CHANNEL,
        thread: str | None = None,
        bot_id: str | None = None,
        subtype: str | None = None,
        times: int = 1,
        **flaws: Any,
    ) -> Json:
        """`<@U_AGENT> text`, one event delivered `times` times. Returns `ts` and `event_id`."""
        who = {"by": by, "bot_id": bot_id, "subtype": subtype, "times": times}
        return self._json("mention", text=text, channel=channel, thread=thread, **who, **flaws)

    def says(self, text: str, *, by: str = PERSON, channel: str = CHANNEL, thread: str | None = None) -> Json:
        """A plain message. Returns `ts`."""
        return self._json("say", text=text, by=by, channel=channel, thread=thread)

    def edits(self, ts: str, text: str, *, channel: str = CHANNEL, by: str = PERSON) -> None:
        self.act("edit_message", ts=ts, text=text, channel=channel, by=by)

    def deletes_message(self, ts: str, *, channel: str = CHANNEL) -> None:
        self.act("delete_message", ts=ts, channel=channel)

    # -- what people press and fill in ----------------------------------------------------------

    def shortcuts(self, ts: str, *, channel: str = CHANNEL, by: str = PERSON, **flaws: Any) -> Json:
        return self._json("shortcut", ts=ts, channel=channel, by=by, **flaws)

    def presses(
        self,
        action_id: str,
        *,
        channel: str = CHANNEL,
        ts: str | None = None,
        view: str | None = None,
        by: str = PERSON,
        value: Any = None,
        **flaws: Any,
    ) -> Json:
        """A button in the message `ts` or in the view; `value` chooses in a select or an overflow, or is what
        a button had before its message changed."""
        place = {"view": view} if view else {"channel": channel, "ts": ts}
        return self._json("press", action_id=action_id, by=by, value=value, **place, **flaws)

    def opens_home(self, by: str = PERSON) -> Json:
        return self._json("open_home", by=by)

    def suggests(
        self,
        action_id: str,
        query: str,
        *,
        by: str = PERSON,
        view: str | None = None,
        channel: str = CHANNEL,
        ts: str | None = None,
        **flaws: Any,
    ) -> list[Json]:
        """The options that our App has for what was typed; from then on they can be chosen."""
        place = {"view": view} if view else {"channel": channel, "ts": ts}
        said = self._json("suggest", action_id=action_id, query=query, by=by, **place, **flaws)
        return list(said["options"])

    def types(self, view_id: str, block_id: str, action_id: str, value: Any, *, by: str = PERSON) -> Json:
        """Options are chosen by their values, a list of them where several can be."""
        where = {"view_id": view_id, "block_id": block_id, "action_id": action_id}
        return self._json("type_in", value=value, by=by, **where)

    def submits(
        self, view_id: str, values: Mapping[str, Any] | None = None, *, by: str = PERSON, **flaws: Any
    ) -> Json:
        """`values` by action id or by block id. Returns `errors` and whether it is `open` as well."""
        return self._json("submit", view_id=view_id, values=dict(values or {}), by=by, **flaws)

    def closes_view(self, view_id: str, *, by: str = PERSON) -> Json:
        return self._json("close_view", view_id=view_id, by=by)

    def replays(self, delivery: int | None = None) -> Json:
        """The same raw request again: the last one, or that of a number."""
        return self._json("replay", delivery=delivery)

    # -- switches and faults --------------------------------------------------------------------

    def limits(self, on: bool = True, speed: float = 1.0) -> None:
        """`speed` divides the minute and the second in which calls are counted."""
        self.act("set_limits", on=on, speed=speed)

    def hurries(
        self,
        *,
        retry_speed: float | None = None,
        ack_seconds: float | None = None,
        trigger_seconds: float | None = None,
    ) -> None:
        """`retry_speed` divides the 60 and 300 seconds before the second and third retry of an event."""
        waits = {"ack_seconds": ack_seconds, "trigger_seconds": trigger_seconds}
        self.act("set_patience", retry_speed=retry_speed, **waits)

    def fails(
        self, method: str, error: str = "internal_error", *, times: int = 1, retry_after: int = 1
    ) -> None:
        """An error of Slack's (`ratelimited` is a 429), an HTTP status as text, or `cut`; nothing is done."""
        self.act("add_fault", method=method, error=error, times=times, retry_after=retry_after)

    def fails_after(self, method: str, error: str = "internal_error", *, times: int = 1) -> None:
        """Do what is asked and answer with a failure all the same."""
        self.act("add_fault", method=method, error=error, times=times, after=True)

    def hangs(self, method: str, seconds: float, *, times: int = 1) -> None:
        """No answer for so long, and then none that helps."""
        self.act("add_fault", method=method, error="503", seconds=seconds, times=times)

    def clears_faults(self) -> None:
        self.act("clear_faults")

    def disconnects(self, reason: str = "refresh_requested") -> Json:
        """Close the sockets of our App; "" says nothing before."""
        return self._json("disconnect", reason=reason)

    # -- looking --------------------------------------------------------------------------------

    def sees_messages(
        self,
        channel: str = CHANNEL,
        *,
        thread: str | None = None,
        ephemeral: bool = False,
        deleted: bool = False,
    ) -> list[Json]:
        """Oldest first, with `ours`, `words`, `mentions`, `edits`, `history`, `metadata`, `files`."""
        kinds = {"ephemeral": ephemeral, "deleted": deleted}
        return self._list("see_messages", channel=channel, thread=thread, **kinds)

    def sees_ephemerals(self, user: str = PERSON) -> list[Json]:
        return self._list("see_ephemerals", user=user)

    def sees_views(self, user: str = PERSON) -> list[Json]:
        """The modals that are open, with `words`, `errors`, `updates` and `state`."""
        return self._list("see_views", user=user)

    def sees_home(self, user: str = PERSON) -> Json | None:
        home: Json | None = self.act("see_home", user=user)
        return home

    def sees_requests(self, method: str | None = None) -> list[Json]:
        """Calls of the Web API: `method`, `team`, `args`, `answer`, `status`, `at`."""
        return [each for each in self._list("see_requests") if method in {None, each["method"]}]

    def sees_deliveries(self) -> list[Json]:
        return self._list("see_deliveries")

    def sees_files(self) -> list[Json]:
        return self._list("see_files")

    def sees_broken(self) -> list[Json]:
        """Empty, when our App spoke Slack's language."""
        return self._list("see_broken")

    def sees_limits(self) -> Json:
        """By method and team (and channel): `calls`, `most`, `over` and `refused`."""
        return self._json("see_limits")

    def sees_state(self) -> Json:
        return self._json("see_state")

    def _json(self, name: str, /, **arguments: Any) -> Json:
        result: Json = self.act(name, **arguments)
        return result

    def _list(self, name: str, /, **arguments: Any) -> list[Json]:
        result: list[Json] = self.act(name, **arguments)
        return result
