"""The demo's second half: a run is asked for in Slack, somebody else approves it there, and how it ends."""

from __future__ import annotations

import re
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.text import Text

from bot.ledger import Ledger
from bot.processes.demo import showing
from bot.processes.stage import Stage
from bot.runs import Run, RunState

Json = dict[str, Any]
PATIENCE_S = 60.0
LOOK_S = 0.1
CHANNEL = "C_SHOP"
ASKER, APPROVER = "U_WILL", "U_MIA"
LOGINS = {ASKER: "writer-will", APPROVER: "maint-mia"}
BIND = "/agent link channel acme/shop"
COMMAND = """\
/agent run acme/shop#1
```yaml
- action_type: write_file
  parameters: {path: CODEOWNERS, content: "* @acme/maintainers\\n"}
  step_description: Say who owns the shop
- action_type: run_command
  parameters: {command: python3 -m unittest -v tests.test_totals}
  step_description: Run the tests of the totals
```
"""
_CODE = re.compile(r"/agent link [A-Z0-9]{4}-[A-Z0-9]{4}")


@dataclass
class SlackStory:
    """Tells it once. What is printed is what this Slack, GitHub and the ledger say, nothing else."""

    console: Console
    stage: Stage
    _versions: int = 0  # of the run's message that were printed
    _said: set[str] = field(default_factory=set)  # other messages, by their `ts`
    _pressed: bool = False

    def tell(self) -> bool:
        """True only if the approved run opened a pull request, and who asked was called at its end."""
        self.console.rule(f"#shop in Slack: {self.stage.playground_url}/slack/{CHANNEL}")
        try:
            for user in LOGINS:
                self._links(user)
            self._tells(APPROVER, BIND, self._does(APPROVER, BIND, "This channel is about"))
        except (TimeoutError, LookupError) as trouble:
            return self._excuse(str(trouble))
        self._said |= {each["ts"] for each in self.stage.slack.sees_ephemerals(ASKER)}
        self.console.print(f"[bold]{ASKER}[/] types:")
        self.console.print(showing.code(COMMAND, "markdown"))
        ledger = self.stage.ledger()
        known = len(ledger.runs.all())
        asked = time.monotonic()
        self.stage.slack.commands(COMMAND, by=ASKER, channel=CHANNEL)
        self.console.rule("What follows in #shop")
        try:
            run = self._watch(ledger, known, asked)
        finally:
            ledger.close()
        return self._ended(run)

    # --- who is who -------------------------------------------------------------------------------------

    def _links(self, user: str) -> None:
        """A member shows who they are on GitHub: a button, a browser, a code."""
        offer = self._does(user, "/agent link", "Continue on GitHub")
        (button,) = [each for block in offer["blocks"] for each in block.get("elements", ()) if "url" in each]
        back = self.stage.driver.authorizes(button["url"], by=LOGINS[user])
        page = _browsed(back)
        code = _CODE.search(page)
        if code is None:
            raise LookupError(f"GitHub led {user} to a page without a code:\n{page}")
        self._tells(user, f"/agent link → GitHub → {code[0]}", self._does(user, code[0], "on GitHub. What"))

    def _does(self, user: str, command: str, told: str) -> Json:
        """What they alone are told when they have typed a command."""
        slack = self.stage.slack
        slack.commands(command, by=user, channel=CHANNEL)
        return slack.until(
            lambda: next((each for each in slack.sees_ephemerals(user) if told in each["words"]), None)
        )

    def _tells(self, user: str, did: str, answer: Json) -> None:
        self.console.print(
            Text.assemble((f"{user:<6}", "bold"), f"  {did}\n        ", (answer["words"], "green"))
        )

    # --- while it goes ----------------------------------------------------------------------------------

    def _watch(self, ledger: Ledger, known: int, asked: float) -> Run | None:
        run: Run | None = None
        while time.monotonic() - asked < PATIENCE_S:
            run = next(iter(ledger.runs.all()[known:]), None)
            ended = run is not None and run.state.final and _shown(ledger, run)
            self._look(asked)
            if ended:
                break
            time.sleep(LOOK_S)
        return run

    def _look(self, asked: float) -> None:
        """Print what is new: for who asked alone, the run's message each time that it changed, its thread."""
        for whisper in self.stage.slack.sees_ephemerals(ASKER):
            self._say(f"only {ASKER} sees", whisper)
        message = self._message()
        if message is None:
            return
        for version in message["history"][self._versions :]:
            edited = ", edited" if self._versions else ""
            self._versions += 1
            title = f"agent in #shop{edited}, after {showing.since(asked)}"
            self.console.print(showing.message(version["blocks"], title))
        for reply in self._replies(message):
            self._say("agent in the thread", reply)
        self._approve(message)

    def _say(self, who: str, message: Json) -> None:
        if message["ts"] not in self._said:
            self._said.add(message["ts"])
            words = re.sub(r"<@(\w+)>", r"@\1", message["words"])
            self.console.print(Text.assemble((f"{who}:  ", "bold"), words))

    def _approve(self, message: Json) -> None:
        asks = _asks(message, "approve")
        if asks and not self._pressed:
            self._pressed = True
            self.console.print(f"[bold]{APPROVER}[/] presses Approve. “{asks}” Yes.")
            self.stage.slack.presses("approve", channel=CHANNEL, ts=message["ts"], by=APPROVER)

    # --- the end ----------------------------------------------------------------------------------------

    def _ended(self, run: Run | None) -> bool:
        message = self._message()
        pull = showing.new_pull(self.stage, run)
        if run is None or message is None:
            return self._excuse("Nothing came of it in Slack.")
        showing.pull_request(self.console, self.stage, pull)
        approved = f"Approved by {LOGINS[APPROVER]}." in message["words"]
        called = any(f"user {ASKER}" in reply["mentions"] for reply in self._replies(message))
        return run.state is RunState.SUCCEEDED and pull is not None and approved and called

    def _excuse(self, what: str) -> bool:
        print(f"{what} The logs are in {self.stage.folder}.", file=sys.stderr)
        return False

    def _message(self) -> Json | None:
        """The one that is about the run: it has buttons."""
        ours = [each for each in self.stage.slack.sees_messages(CHANNEL) if each["ours"]]
        first = (each for each in ours if each["thread_ts"] in (None, each["ts"]))
        return next((each for each in first if "actions" in {it["type"] for it in each["blocks"]}), None)

    def _replies(self, message: Json) -> list[Json]:
        return self.stage.slack.sees_messages(CHANNEL, thread=message["ts"])[1:]


def _asks(message: Json, action: str) -> str:
    """What a button asks before it is pressed; nothing where there is no such button."""
    for block in message["blocks"]:
        for each in block["elements"] if block["type"] == "actions" else ():
            if each["action_id"] == action:
                return str(each["confirm"]["title"]["text"])
    return ""


def _shown(ledger: Ledger, run: Run) -> bool:
    """Every place that tells of the run tells of its end."""
    return all(done for key, done, _ in ledger.surfaces.all() if run.id in key)


def _browsed(url: str) -> str:
    """The words of a page of ours, for whoever comes back to it from GitHub."""
    loopback_only = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with loopback_only.open(url, timeout=30) as answer:
        return re.sub(r"<[^>]*>", "", answer.read().decode())
