"""How people show who they are, and how they are called: GitHub's adapters and the playground's GitHub."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
from structlog.testing import capture_logs

from bot.errors import AgentError, Hiccup, Uninstalled, UserError
from bot.ids import InstallationId, Login, Person
from handlers.github.client import GitHubForge
from handlers.github.sign_in import GitHubSignIns
from playground import Playground, Settings, serve
from playground.driver import Driver

BACK = "https://agent.example/slack/linked"
TOKENS = "/login/oauth/access_token"
REVOKING = "/applications/*/token"


@dataclass
class Door:
    """Our side of it, and the GitHub on the other."""

    playground: Playground
    sign_ins: GitHubSignIns

    @property
    def github(self) -> Driver:
        return self.playground.driver

    def code(self, *, by: str = "maint-mia") -> str:
        """What somebody brings back who has pressed the button."""
        back = self.github.authorizes(self.sign_ins.address("s1"), by=by)
        return parse_qs(urlsplit(back).query)["code"][0]

    def revoked(self) -> list[int]:
        asked = self.github.sees_requests()
        return [one["status"] for one in asked if one["method"] == "DELETE"]


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    with serve(Settings(callback_url=BACK)) as it:
        yield it


def signs_in(playground: Playground, *, back: str = BACK, **changed: str) -> GitHubSignIns:
    known = {name: getattr(playground.credentials, name) for name in ("client_id", "client_secret")}
    where = {"forge_url": playground.url, "api_url": playground.url}
    return GitHubSignIns(**{**known, **changed}, redirect_url=back, **where)


@pytest.fixture
def door(playground: Playground) -> Iterator[Door]:
    playground.driver.reset()
    ours = signs_in(playground)
    yield Door(playground, ours)
    ours.close()
    assert playground.driver.sees_trouble() == {"unknown_routes": [], "broken_contracts": []}


@pytest.fixture
def forge(door: Door) -> Iterator[GitHubForge]:
    known = door.playground.credentials
    it = GitHubForge(known.app_id, known.private_key, door.playground.url, pause=lambda _: None)
    yield it
    it.close()


@pytest.fixture
def installation(door: Door) -> InstallationId:
    return InstallationId(int(next(iter(door.github.sees_state()["installations"]))))


# --- who somebody is -----------------------------------------------------------------------------------


def test_the_address_names_the_app_and_brings_people_back(door: Door) -> None:
    """With the state that they left with. An account is not made on the way."""
    parts = urlsplit(door.sign_ins.address("a&b"))

    assert parts.path == "/login/oauth/authorize"
    assert parse_qs(parts.query) == {
        "client_id": [door.playground.credentials.client_id],
        "redirect_uri": [BACK],
        "state": ["a&b"],
        "allow_signup": ["false"],
    }


def test_a_code_says_who_somebody_is(door: Door) -> None:
    """By id and login, and the token that said so is given back."""
    assert door.sign_ins.person(door.code()) == Person(2, Login("maint-mia"))
    assert door.revoked() == [204]


@pytest.mark.parametrize("code", ["", "nonsense", "a b&c=d\n"])
def test_a_code_that_never_was_is_nobodys(door: Door, code: str) -> None:
    """It says what to do."""
    with pytest.raises(UserError, match="Ask me for a new link and try again"):
        door.sign_ins.person(code)


def test_a_code_is_worth_nothing_the_second_time(door: Door) -> None:
    """Whoever saw it in a browser's history cannot use it."""
    code = door.code()
    door.sign_ins.person(code)

    with pytest.raises(UserError, match="it was used before"):
        door.sign_ins.person(code)


@pytest.mark.parametrize("wrong", ["client_id", "client_secret"])
def test_wrong_credentials_are_an_operators_business(door: Door, wrong: str) -> None:
    """A client secret that was taken back, or a client id that GitHub does not know."""
    ours = signs_in(door.playground, **{wrong: "wrong"})

    with pytest.raises(UserError, match="Ask an operator to look at both"):
        ours.person(door.code())
    ours.close()


def test_another_callback_url_is_an_operators_business(door: Door) -> None:
    """GitHub binds a code to where it was sent."""
    ours = signs_in(door.playground, back="https://elsewhere.example/")

    with pytest.raises(UserError, match=r"back to https://elsewhere\.example/.* Ask an operator"):
        ours.person(door.code())
    ours.close()


@pytest.mark.parametrize("path", [TOKENS, "/user"])
@pytest.mark.parametrize("trouble", ["fails", "cuts"])
def test_a_github_that_does_not_answer_is_for_time_to_mend(door: Door, path: str, trouble: str) -> None:
    """Whatever token there is by then is given back."""
    code = door.code()
    getattr(door.github, trouble)(path)

    with pytest.raises(Hiccup, match="GitHub"):
        door.sign_ins.person(code)
    assert door.revoked() == ([] if path == TOKENS else [204])


def test_a_code_is_exchanged_once(door: Door) -> None:
    """When the answer is lost GitHub may have taken it, so only the person can begin again."""
    code = door.code()
    door.github.cuts_after(TOKENS)

    with pytest.raises(Hiccup):
        door.sign_ins.person(code)
    with pytest.raises(UserError, match="Ask me for a new link"):
        door.sign_ins.person(code)


def test_nobody_there_is_for_time_to_mend() -> None:
    """As when GitHub is."""
    nowhere = "http://127.0.0.1:1"
    ours = GitHubSignIns("Iv23x", "secret", redirect_url=BACK, forge_url=nowhere, api_url=nowhere)

    with pytest.raises(Hiccup, match="GitHub cannot be reached"):
        ours.person("code")
    ours.close()


@pytest.mark.parametrize("trouble", ["fails", "cuts"])
def test_a_token_that_cannot_be_given_back_is_only_logged(door: Door, trouble: str) -> None:
    """It ends by itself, and the person is known all the same."""
    code = door.code()
    getattr(door.github, trouble)(REVOKING)

    with capture_logs() as logs:
        assert door.sign_ins.person(code).id == 2
    assert [line["event"] for line in logs] == ["github.token_not_revoked"]
    assert "ghu_" not in str(logs)


@pytest.mark.parametrize("path", [TOKENS, "/user", REVOKING])
def test_no_secret_is_ever_told(door: Door, path: str, caplog: pytest.LogCaptureFixture) -> None:
    """Neither in a log, nor in an error with all that led to it, nor in what an object shows of itself."""
    secret, code = door.playground.credentials.client_secret, door.code()
    door.github.cuts(path)
    caplog.set_level("DEBUG")

    with capture_logs() as logs:
        told = [repr(door.sign_ins), *_said_of(door.sign_ins, code)]

    everything = f"{told} {logs} {caplog.text}"
    assert secret not in everything
    assert code not in everything
    assert "ghu_" not in everything


def _said_of(ours: GitHubSignIns, code: str) -> list[str]:
    try:
        return [repr(ours.person(code))]
    except AgentError as error:
        return traceback.format_exception(error)


@pytest.mark.parametrize("where", ["forge_url", "api_url"])
def test_secrets_do_not_travel_in_the_open(where: str) -> None:
    """Neither to a forge nor to an API that is not https, if it is not on this machine."""
    with pytest.raises(UserError, match="is not https"):
        GitHubSignIns("Iv23x", "secret", redirect_url=BACK, **{where: "http://github.example"})


# --- how they are called -------------------------------------------------------------------------------


def test_an_account_is_known_by_its_id_whatever_it_is_called(
    door: Door, forge: GitHubForge, installation: InstallationId
) -> None:
    """Before and after it has another name, even when somebody else took the old one."""
    person = door.sign_ins.person(door.code(by="writer-will"))
    assert forge.accounts.login(installation, person.id) == "writer-will"

    door.github.renames_account("writer-will", "will-power")
    door.github.adds_account("writer-will")

    assert forge.accounts.login(installation, person.id) == "will-power"
    assert door.sign_ins.person(door.code(by="will-power")).id == person.id
    assert door.sign_ins.person(door.code(by="writer-will")).id != person.id


def test_an_account_that_is_gone_has_no_login(forge: GitHubForge, installation: InstallationId) -> None:
    """GitHub knows nobody with that id."""
    assert forge.accounts.login(installation, 987_654) is None


def test_whom_an_uninstalled_app_asks_for_is_not_gone(
    door: Door, forge: GitHubForge, installation: InstallationId
) -> None:
    """It is we who are."""
    door.github.uninstalls()

    with pytest.raises(Uninstalled):
        forge.accounts.login(installation, 2)


def test_no_answer_about_an_account_does_not_mean_that_it_is_gone(
    door: Door, forge: GitHubForge, installation: InstallationId
) -> None:
    """It stays an open question."""
    door.github.fails("/user/2", times=9)

    with pytest.raises(Hiccup):
        forge.accounts.login(installation, 2)
