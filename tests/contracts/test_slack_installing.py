"""How workspaces install us and browsers come back: our routes, our ledger, and the playground's Slack."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.fernet import Fernet
from fastapi import FastAPI
from slack_sdk.oauth.installation_store import Installation
from structlog.testing import capture_logs

from bot.chat.model import Workspace
from bot.chat.ports import Gone
from bot.chat.sign_in import OPEN_FOR, SignIn, What, digest
from bot.deliveries import Delivery, Stored
from bot.errors import AgentError, Hiccup, UserError
from bot.events import SignInReturned
from bot.ledger import Ledger
from handlers.slack.installing import Installer, LedgerInstallationStore
from handlers.slack.introducing import introduce
from handlers.slack.needs import SCOPES
from handlers.slack.returning import COOKIE, INSTALL, INSTALLED, LINKED, Install, returning
from handlers.slack.tokens import Sealing, WorkspaceTokens
from playground.slack import SlackDriver, SlackPlayground, SlackSettings, serve_slack
from tests.contracts.slack_door import served
from tests.scripted import NOON, Clock

Json = dict[str, Any]
KEY = Fernet.generate_key().decode()
STATE = "a state that nobody guesses"


@dataclass
class House:
    """Our web process and our desk in one: what is written down is done at once."""

    playground: SlackPlayground
    ledger: Ledger
    url: str = ""
    clock: Clock = field(default_factory=Clock)
    written: list[Delivery] = field(default_factory=list)
    fails: bool = False
    says: str = "You are maint-mia."

    async def store(self, delivery: Delivery) -> Stored:
        if self.fails:
            raise OSError("no space left on device")
        self.written.append(delivery)
        assert isinstance(delivery.event, SignInReturned)
        sign_in = self.ledger.links.used(delivery.event.state, self.clock.now())
        assert sign_in is not None
        self.ledger.links.tell(delivery.event.state, self._told(sign_in, delivery.event.code))
        return Stored.ACCEPTED

    def _told(self, sign_in: SignIn, code: str) -> str:
        if sign_in.what is What.LINK:
            return self.says
        try:
            return f"I am installed in {self.installer().install(code)}."
        except UserError as refusal:
            return str(refusal)

    def installer(self, *, key: str = KEY, **changed: str) -> Installer:
        known = {name: getattr(self.playground.settings, name) for name in ("client_id", "client_secret")}
        store = LedgerInstallationStore(self.ledger.workspaces, Sealing(key), self.clock.now)
        return Installer(
            **{**known, **changed},
            store=store,
            api_url=self.playground.api_url,
            redirect_url=f"{self.url}{INSTALLED}",
        )

    def tokens(self, *, key: str = KEY, env_token: str = "") -> WorkspaceTokens:
        sealing = Sealing(key) if key else None
        return WorkspaceTokens(self.ledger.workspaces, self.clock.now, env_token=env_token, sealing=sealing)

    @property
    def slack(self) -> SlackDriver:
        return self.playground.driver

    def begins(self, what: What = What.LINK, *, state: str = STATE) -> None:
        """A sign-in that somebody has begun just now."""
        until = self.clock.now() + OPEN_FOR
        self.ledger.links.begin(digest(state), SignIn(what, "T_ACME", "U_MIA", until))

    def comes_back(self, path: str = LINKED, **asked: str) -> httpx.Response:
        given = {"code": "c1", "state": STATE, **asked}
        return httpx.get(f"{self.url}{path}", params=given, timeout=30, trust_env=False)


@pytest.fixture(scope="module")
def playground() -> Iterator[SlackPlayground]:
    with serve_slack(SlackSettings(seed="empty", scopes=SCOPES)) as it:
        yield it


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    it = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield it
    it.close()


@pytest.fixture
def house(playground: SlackPlayground, ledger: Ledger) -> Iterator[House]:
    playground.driver.reset()
    it, app = House(playground, ledger), FastAPI(openapi_url=None)
    with served(app) as url:
        it.url = url
        install = Install.of(playground.settings.client_id, playground.api_url.rstrip("/"), url)
        app.include_router(returning(ledger.links, it.store, it.clock.now, install))
        yield it
    assert playground.driver.sees_broken() == []


def allows(browser: httpx.Client, page: httpx.Response, *, answer: str = "allow") -> str:
    """Somebody presses a button on Slack's page. Where it leads."""
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)
    form = {name: unescape(value) for name, value in fields} | {"answer": answer}
    return browser.post(str(page.url.join("/slack/oauth/allow")), data=form).headers["location"]


def a_browser(user: str = "U_OLGA") -> httpx.Client:
    """Of somebody who is signed in to Slack."""
    return httpx.Client(trust_env=False, timeout=30, cookies={"slack_who": user})


def a_code(house: House, *, by: str = "U_OLGA") -> str:
    """What a browser brings back when somebody has pressed Allow."""
    address = Install.of(house.playground.settings.client_id, house.playground.api_url.rstrip("/"), house.url)
    assert address is not None
    with a_browser(by) as browser:
        back = allows(browser, browser.get(address.address("s1")))
    return parse_qs(urlsplit(back).query)["code"][0]


# --- the whole way ---------------------------------------------------------------------------------------


def test_a_workspace_installs_us_in_a_browser(house: House) -> None:
    """From our page to Slack's, and back to ours, which says in which workspace we are now."""
    with a_browser() as browser:
        page = browser.get(f"{house.url}{INSTALL}", follow_redirects=True)
        assert re.findall(r"<li><code>([^<]*)</code>", page.text) == list(SCOPES)
        told = browser.get(allows(browser, page))

    assert (told.status_code, "I am installed in Acme." in told.text) == (200, True)
    kept = house.ledger.workspaces.of("T_ACME")
    assert kept is not None
    assert (kept.name, kept.bot_user, kept.bot_id, kept.scopes) == ("Acme", "U_AGENT", "B_AGENT", SCOPES)
    assert introduce(house.tokens().of("T_ACME"), house.playground.api_url).team == "T_ACME"


def test_who_does_not_allow_it_installs_nothing(house: House) -> None:
    """Slack sends them back without a code."""
    with a_browser() as browser:
        page = browser.get(f"{house.url}{INSTALL}", follow_redirects=True)
        told = browser.get(allows(browser, page, answer="deny"))

    assert (told.status_code, "was not finished" in told.text) == (400, True)
    assert house.written == []


def test_two_workspaces_have_each_their_own_token(house: House) -> None:
    """What is said in one is never said with the other's."""
    names = [house.installer().install(a_code(house, by=user)) for user in ("U_OLGA", "U_EVIL")]
    assert names == ["Acme", "Evil"]

    known = {
        team: introduce(house.tokens().of(team), house.playground.api_url) for team in ("T_ACME", "T_EVIL")
    }
    assert {team: it.team for team, it in known.items()} == {"T_ACME": "T_ACME", "T_EVIL": "T_EVIL"}


# --- the installer ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["", "nonsense", "a b&c=d\n"])
def test_a_code_that_never_was_installs_nothing(house: House, code: str) -> None:
    """Whoever brought it begins anew."""
    with pytest.raises(UserError, match="begin the installation anew"):
        house.installer().install(code)
    assert house.ledger.workspaces.all() == []


def test_a_code_is_worth_nothing_the_second_time(house: House) -> None:
    """Whoever saw it in a browser's history cannot use it."""
    code = a_code(house)
    assert house.installer().install(code) == "Acme"

    with pytest.raises(UserError, match="begin the installation anew"):
        house.installer().install(code)


@pytest.mark.parametrize("wrong", ["client_id", "client_secret"])
def test_wrong_credentials_install_nothing(house: House, wrong: str) -> None:
    """Slack gives a token to nobody but us."""
    with pytest.raises(UserError):
        house.installer(**{wrong: "wrong"}).install(a_code(house))
    assert house.ledger.workspaces.all() == []


def test_a_slack_that_is_away_is_for_time_to_mend(house: House) -> None:
    """The desk tries it again."""
    house.slack.fails("oauth.v2.access", "cut")

    with pytest.raises(Hiccup, match="Slack cannot be reached"):
        house.installer().install(a_code(house))


@pytest.mark.parametrize("error", ["cut", "invalid_code", "500"])
def test_no_code_and_no_secret_are_in_a_log_or_an_error(
    house: House, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither when Slack refuses them, nor when it does not answer."""
    code = a_code(house)
    caplog.set_level("INFO")
    house.slack.fails("oauth.v2.access", error)

    with capture_logs() as logs, pytest.raises(AgentError) as told:
        house.installer().install(code)

    everything = f"{traceback.format_exception(told.value)} {logs} {caplog.text}"
    assert code not in everything
    assert house.playground.settings.client_secret not in everything


def test_an_installation_without_one_workspace_is_refused(house: House) -> None:
    """We are in workspaces, and not in the whole of an organisation."""
    store = LedgerInstallationStore(house.ledger.workspaces, Sealing(KEY), house.clock.now)
    whole = Installation(user_id="U1", enterprise_id="E1", bot_token="xoxb-1", is_enterprise_install=True)

    with pytest.raises(UserError, match="Install me into a workspace"):
        store.save(whole)


# --- tokens ----------------------------------------------------------------------------------------------


@pytest.fixture
def installed(house: House) -> House:
    house.installer().install(a_code(house))
    return house


def test_a_token_in_the_ledger_cannot_be_read_without_the_key(installed: House, tmp_path: Path) -> None:
    """Whoever copies the ledger has nothing."""
    token = installed.tokens().of("T_ACME")
    everything = b"".join(file.read_bytes() for file in tmp_path.iterdir())

    assert token.startswith("xoxb-")
    assert token.encode() not in everything
    assert b"xoxb-" not in everything


def test_with_another_key_nobody_is_in_any_workspace(installed: House) -> None:
    """It says what to do."""
    with pytest.raises(Gone, match="Install me there again"):
        installed.tokens(key=Fernet.generate_key().decode()).of("T_ACME")
    with pytest.raises(Gone, match="Install me there again"):
        installed.tokens(key="").of("T_ACME")


def test_whoever_was_removed_has_no_token_any_more(installed: House) -> None:
    """Not even sealed."""
    installed.tokens().revoked("T_ACME", installed.tokens().of("T_ACME"))

    kept = installed.ledger.workspaces.of("T_ACME")
    assert kept is not None
    assert (kept.token, kept.revoked_at) == (None, NOON)
    with pytest.raises(Gone, match="not installed"):
        installed.tokens(env_token="xoxb-of-another").of("T_ACME")


def test_a_workspace_can_have_us_again(installed: House) -> None:
    """With a new token, as if nothing had been."""
    first = installed.tokens().of("T_ACME")
    installed.slack.uninstalls("T_ACME")
    installed.tokens().revoked("T_ACME", first)

    installed.installer().install(a_code(installed))
    installed.tokens().revoked("T_ACME", first)  # what was on its way comes late

    assert installed.tokens().of("T_ACME") != first
    assert len(installed.ledger.workspaces.all()) == 1


def test_where_nobody_installed_us_there_is_no_token(house: House) -> None:
    """Not even that of the environment, which is of another workspace."""
    with pytest.raises(Gone, match="not installed in the workspace T_ACME"):
        house.tokens(env_token="xoxb-1").of("T_ACME")


def test_a_token_of_the_environment_is_of_the_workspace_it_introduced(house: House) -> None:
    """In the ledger is only who we are there."""
    house.ledger.workspaces.install(Workspace("T_ACME", "Acme", "U1", "B1", ()), NOON)

    assert house.tokens(env_token="xoxb-1").of("T_ACME") == "xoxb-1"
    with pytest.raises(Gone, match="no token"):
        house.tokens().of("T_ACME")


@pytest.mark.parametrize("key", ["", "short", KEY[:-4], "!" * 44])
def test_a_key_that_is_none_says_how_to_make_one(key: str) -> None:
    """Before anything is sealed with it."""
    with pytest.raises(UserError, match="openssl rand -base64 32"):
        Sealing(key)


# --- who we are ------------------------------------------------------------------------------------------


def test_a_token_introduces_itself(house: House) -> None:
    """Slack says which workspace it is of, who we are there, and what we may."""
    token = house.slack.installs("T_ACME")["token"]

    assert introduce(token, house.playground.api_url) == Workspace(
        "T_ACME", "Acme", "U_AGENT", "B_AGENT", SCOPES
    )


def test_a_token_that_is_none_is_an_operators_business(house: House) -> None:
    """A wrong one, and one that was taken back."""
    token = house.slack.installs("T_ACME")["token"]
    house.slack.revokes_token("T_ACME")

    with pytest.raises(UserError, match=r"DEVOPS_AGENT_SLACK_BOT_TOKEN \(token_revoked\)"):
        introduce(token, house.playground.api_url)
    with pytest.raises(UserError, match=r"DEVOPS_AGENT_SLACK_BOT_TOKEN \(invalid_auth\)"):
        introduce("xoxb-wrong", house.playground.api_url)


@pytest.mark.parametrize("error", ["ratelimited", "internal_error", "fatal_error", "500", "cut"])
def test_a_slack_that_does_not_say_who_we_are_is_asked_again(house: House, error: str) -> None:
    """A moment later, by whoever waits for it. The token is in nothing of this."""
    token = house.slack.installs("T_ACME")["token"]
    house.slack.fails("auth.test", error)

    with pytest.raises(Hiccup) as told:
        introduce(token, house.playground.api_url)
    assert token not in str(traceback.format_exception(told.value))


# --- coming back -----------------------------------------------------------------------------------------


def test_who_comes_back_sees_what_the_desk_says(house: House) -> None:
    """The code is written down with the digest of the state, and nothing of it is kept."""
    house.begins()
    told = house.comes_back()

    assert (told.status_code, "You are maint-mia." in told.text) == (200, True)
    (delivery,) = house.written
    assert delivery.event == SignInReturned(digest(STATE), "c1")
    assert delivery.guid == f"sign-in-{digest(STATE)[:32]}"
    assert STATE not in told.text


def test_a_code_to_type_stands_by_itself(house: House) -> None:
    """So that it can be copied."""
    house.says = "You are maint-mia. Type this there: /agent link K7TM-2QXA"
    house.begins()

    assert "<code>/agent link K7TM-2QXA</code>" in house.comes_back().text


def test_the_page_shows_words_and_runs_nothing(house: House) -> None:
    """What anybody is called is escaped; no script, no frame, no copy in a cache, no trace to elsewhere."""
    house.says = "<script>alert(1)</script>: /agent link <b>"
    house.begins()
    told = house.comes_back()

    assert "<script>" not in told.text
    assert "<b>" not in told.text
    assert told.headers["cache-control"] == "no-store"
    assert told.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in told.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in told.headers["content-security-policy"]


def is_over(answer: httpx.Response) -> bool:
    return answer.status_code == 400 and "Begin it anew in Slack" in answer.text


def test_a_state_is_for_one_use(house: House) -> None:
    """A link that somebody sees in a history leads nowhere."""
    house.begins()
    house.comes_back()

    assert is_over(house.comes_back())
    assert is_over(house.comes_back(code="another"))
    assert len(house.written) == 1


def test_a_state_is_for_ten_minutes(house: House) -> None:
    """Then it is over."""
    house.begins()
    house.clock.goes_on(OPEN_FOR.total_seconds() + 1)

    assert is_over(house.comes_back())
    assert house.written == []


@pytest.mark.parametrize(
    "asked",
    [
        {"state": "unknown"},
        {"state": digest(STATE)},
        {"state": ""},
        {"code": ""},
        {"code": "c" * 501},
        {"state": "s" * 501},
        {"state": STATE + "\0"},
    ],
    ids=["unknown", "its digest", "no state", "no code", "a long code", "a long state", "a zero"],
)
def test_what_nobody_has_begun_is_nothing(house: House, asked: dict[str, str]) -> None:
    """It is not even written down, and the true one is still good."""
    house.begins()

    assert is_over(house.comes_back(**asked))
    assert house.written == []
    assert house.comes_back().status_code == 200


def test_the_one_kind_of_sign_in_is_not_the_other(house: House) -> None:
    """A workspace is not installed by somebody who links themselves."""
    house.begins(What.INSTALL)

    assert is_over(house.comes_back(LINKED))
    assert house.written == []


def test_another_browser_cannot_end_an_installation(house: House) -> None:
    """Only the one that has begun it has the cookie; whoever sends somebody else a link has won nothing."""
    with a_browser() as browser, a_browser("U_EVIL") as other:
        page = browser.get(f"{house.url}{INSTALL}", follow_redirects=True)
        back = allows(browser, page)
        assert is_over(other.get(back))
        other.cookies.set(COOKIE, "another", domain="127.0.0.1")
        assert is_over(other.get(back))
        assert house.written == []

        assert "I am installed in Acme." in browser.get(back).text


def test_a_browser_without_a_state_is_no_browser_that_began(house: House) -> None:
    """An empty cookie is equal to an empty state, and still means nothing."""
    assert is_over(house.comes_back(INSTALLED, state=""))
    assert is_over(house.comes_back(INSTALLED, state="ü"))


def test_our_page_leads_to_slacks(house: House) -> None:
    """With our name, the scopes that we need and no others, and a state of its own each time."""
    first, second = (httpx.get(f"{house.url}{INSTALL}", trust_env=False) for _ in range(2))

    asked = parse_qs(urlsplit(first.headers["location"]).query)
    assert (first.status_code, urlsplit(first.headers["location"]).path) == (302, "/slack/oauth/v2/authorize")
    assert asked["scope"] == [",".join(SCOPES)]
    assert asked["redirect_uri"] == [f"{house.url}{INSTALLED}"]
    assert asked["state"] != parse_qs(urlsplit(second.headers["location"]).query)["state"]
    assert asked["state"] == [first.cookies[COOKIE]]
    cookie = first.headers["set-cookie"]
    assert ("HttpOnly" in cookie, "SameSite=lax" in cookie, "Secure" in cookie) == (True, True, False)


def test_slacks_page_is_beside_its_api() -> None:
    """And ours is where people reach us."""
    install = Install.of("1.2", "https://slack.com/api", "https://agent.example")

    assert install is not None
    assert install.redirect_url == "https://agent.example/slack/installed"
    assert install.address("s").startswith("https://slack.com/oauth/v2/authorize?client_id=1.2&")


def test_with_a_public_address_the_cookie_is_for_https_only(house: House) -> None:
    """Nobody in between reads it."""
    app, install = (
        FastAPI(openapi_url=None),
        Install.of("1.2", "https://slack.com/api", "https://agent.example"),
    )
    app.include_router(returning(house.ledger.links, house.store, house.clock.now, install))
    with served(app) as url:
        assert "Secure" in httpx.get(f"{url}{INSTALL}", trust_env=False).headers["set-cookie"]


def test_without_a_client_id_nobody_installs_us_over_the_web(house: House) -> None:
    """There is no such page then."""
    assert Install.of("", "https://slack.com/api", house.url) is None
    app = FastAPI(openapi_url=None)
    app.include_router(returning(house.ledger.links, house.store, house.clock.now, None))
    with served(app) as url:
        answers = [httpx.get(f"{url}{path}", trust_env=False).status_code for path in (INSTALL, INSTALLED)]

    assert answers == [404, 404]


def test_what_cannot_be_written_down_is_told_to_the_browser(house: House) -> None:
    """They begin anew, and wait for nothing. The code is in no log."""
    house.begins()
    house.fails = True
    with capture_logs() as logs:
        told = house.comes_back(code="code-of-somebody")

    assert (told.status_code, "Begin it anew in Slack in a moment" in told.text) == (503, True)
    assert "code-of-somebody" not in str(logs)


@pytest.mark.slow
def test_a_desk_that_does_not_answer_keeps_no_browser_waiting(house: House) -> None:
    """After ten seconds it says so."""
    house.says = ""
    house.begins()

    told = house.comes_back()

    assert (told.status_code, "It takes longer than usual" in told.text) == (200, True)


def test_a_sign_in_that_began_anew_ends_the_first(house: House) -> None:
    """Of one member only the last link is good."""
    house.begins(state="first")
    house.begins(state="second")

    assert is_over(house.comes_back(state="first"))
    assert house.comes_back(state="second").status_code == 200
