"""The playground's Slack in a real browser: what one types, presses and fills in there reaches our processes.

The pictures of the documents come from here, made small by Debian's pngquant:
`PICTURES=docs/images .venv/bin/python -m pytest tests/stories/test_slack_page.py`
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect, sync_playwright

from bot.processes.stage import Slack, Wanted, stage
from tests.chat import ChatWorld
from tests.stories.conftest import SLACK_PACE
from tests.stories.test_run_page import CHROMIUM
from tests.world import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.docker,
    pytest.mark.redis,
    pytest.mark.slow,
]

PICTURES = os.environ.get("PICTURES", "")
SIZE: ViewportSize = {"width": 1200, "height": 760}
WAIT_MS, USUAL_WAIT_MS = 30_000, 5_000
OWNERS = """\
/agent run acme/shop#1
```yaml
- action_type: write_file
  parameters: {path: CODEOWNERS, content: "* @acme/maintainers\\n"}
  step_description: Say who owns the shop
- action_type: run_command
  parameters: {command: python3 -m unittest tests.test_totals}
  step_description: Run the tests of the totals
```"""


@dataclass
class Tab:
    """Somebody's browser, in the channel #shop, and whatever it complained about."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    @property
    def thread(self) -> Locator:
        return self.page.locator("#thread")

    @property
    def form(self) -> Locator:
        return self.page.get_by_role("dialog", name="Run with agent")

    def opens(self, leaf: str) -> None:
        self.page.goto(f"{self.url}/slack/{leaf}")

    def types(self, text: str) -> None:
        """Into the composer, and sends it."""
        self.page.locator("#text").fill(text)
        self.page.get_by_role("button", name="Send").click()

    def message(self, text: str) -> Locator:
        """The last one in the channel with these words."""
        return self.page.locator(".column").first.locator("article", has_text=text).last

    def becomes(self, user: str) -> None:
        self.page.get_by_label("You are").select_option(user)
        expect(self.page.locator("#be option[selected]")).to_have_text(user)

    def searches(self, name: str, words: str, choice: str) -> None:
        """In one of the form's lists, and chooses what was found."""
        self.form.get_by_label(f"Search {name}").fill(words)
        found = self.form.get_by_label(name, exact=True)
        expect(found.locator("option", has_text=choice)).to_have_count(1)
        found.select_option(label=choice)

    def pictures(self, name: str) -> None:
        """One for the documents, if they are wanted."""
        if PICTURES:
            path = Path(PICTURES, f"slack-{name}.png")
            path.parent.mkdir(parents=True, exist_ok=True)
            self.page.locator("body").screenshot(path=path, animations="disabled")
            subprocess.run(["pngquant", "--force", "--strip", "--output", path, "64", path], check=True)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[ChatWorld]:
    """The shop and #shop as everybody finds them, with Will and Mia linked and the channel bound."""
    ours = {"UPDATE_INTERVAL_S": "1", **SLACK_PACE}
    with stage(Wanted(folder=tmp_path, settings=ours, slack=Slack.HTTP)) as ready:
        ledger = ready.ledger()
        world = World(ready, ledger, "acme/shop")
        ChatWorld(world, "G_OPS").links("U_OLGA", "U_MIA", "U_WILL")
        chat = ChatWorld(world, "C_SHOP")
        chat.binds(by="U_OLGA")
        yield chat
        ledger.close()
        assert ready.slack.sees_broken() == []


@pytest.fixture
def tab(shop: ChatWorld) -> Iterator[Tab]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        page = browser.new_page(viewport=SIZE)
        page.set_default_timeout(WAIT_MS)
        expect.set_options(timeout=WAIT_MS)
        tab = Tab(page, shop.world.stage.playground_url)
        page.on("console", lambda message: tab.complaints.append(message.text))
        page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.opens("C_SHOP")
        yield tab
        expect.set_options(timeout=USUAL_WAIT_MS)
        browser.close()


def test_a_run_is_asked_for_watched_and_approved_on_the_page(shop: ChatWorld, tab: Tab) -> None:
    """One types a command, somebody else presses Approve and Yes, and everybody sees the buttons give way."""
    shop.slack.says("Nobody knows who owns the shop, so I write it down.")
    tab.types(OWNERS)
    expect(tab.message("Noted: run acme/shop#1")).to_contain_text("Only visible to you")
    tab.message("Waiting for approval of 1 of 3 steps.").get_by_role("link").first.click()
    expect(tab.thread.locator(".task")).to_have_count(3)

    tab.becomes("U_MIA")
    expect(tab.page.get_by_text("Noted: run acme/shop#1")).to_have_count(0)
    tab.thread.locator("summary", has_text="Approve").click()
    sure = tab.thread.get_by_role("dialog", name="Approve this run?")
    expect(sure).to_contain_text("on the commit that it was asked for")
    tab.pictures("approval")
    sure.get_by_role("button", name="Approve").click()

    expect(tab.thread).to_contain_text("Approved by maint-mia.")
    expect(tab.thread.locator("summary")).to_have_count(0)
    expect(tab.thread.get_by_role("link", name="Open PR")).to_be_visible()
    expect(tab.thread.locator(".task.complete")).to_have_count(3)
    expect(tab.thread.locator("article").last).to_contain_text("@will Done in")
    tab.pictures("thread")
    assert tab.complaints == []


def test_a_form_asks_for_all_of_it_and_home_tells_of_all(shop: ChatWorld, tab: Tab) -> None:
    """A list is searched, the plan shown while it is typed, a dry run begins nothing; home knows all."""
    shop.commands(OWNERS)
    expect(tab.message("Waiting for approval")).to_be_visible()

    tab.becomes("U_MIA")
    tab.types("/agent")
    tab.searches("Repository", "sho", "acme/shop")
    tab.searches("Pull request", "disc", "#1 Discounts")
    tab.form.get_by_label("What shall be run").press_sequentially("- `make lint`\n- `make test`")
    expect(tab.form.locator(".rich_text")).to_contain_text("3 steps:")
    expect(tab.form.locator(".rich_text li").nth(1)).to_have_text("Run make test")
    tab.form.get_by_label("Only show the plan (dry run)").check()
    tab.pictures("form")
    tab.form.get_by_role("button", name="Run").click()

    expect(tab.form).to_have_count(0)
    expect(tab.message("This is a plan of 3 steps.")).to_contain_text("Nothing was run.")
    assert len(shop.world.runs()) == 1
    shop.commands("run acme/shop#1 `python3 -m unittest tests.test_totals`", by="U_MIA")
    shop.ended(shop.world.run_begins(number=2))
    tab.page.get_by_role("button", name="agent’s home").click()
    home = tab.page.locator(".home")
    expect(home).to_contain_text("You are maint-mia on GitHub.")
    expect(home.get_by_role("listitem")).to_contain_text(["Waiting for approval", "Done in", "acme/shop"])
    tab.pictures("home")
    assert tab.complaints == []
