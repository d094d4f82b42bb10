"""People show an App who they are, as on GitHub: a page, a button, a code, a token."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from playground import Playground, Settings, serve
from playground.driver import Driver, Refusal
from playground.github.sign_in import exchanged as exchanged_in
from playground.github.state import SignInCode, now
from playground.server import PlaygroundApp
from tests.contracts.playground.conftest import NO_TLS, REPO, client
from tests.contracts.playground.signing_in import BACK, address, code_for, exchanged, user_token

pytestmark = pytest.mark.usefixtures("clean")


def opened(url: str, **headers: str) -> httpx.Response:
    return httpx.get(url, headers=headers, trust_env=False, verify=NO_TLS)


def test_the_page_says_who_asks_and_who_one_is(playground: Playground) -> None:
    """With a button, and with a policy that lets its form lead back to the App."""
    page = opened(address(playground), cookie="who=maint-mia")

    assert "<strong>devops-agent</strong>, an App of acme" in page.text
    assert "<strong>maint-mia</strong>." in page.text
    assert "Authorize devops-agent</button>" in page.text
    assert "form-action http://127.0.0.1:1 'self'" in page.headers["content-security-policy"]


def test_nothing_of_what_was_asked_becomes_a_tag(playground: Playground) -> None:
    """The state is whatever an App likes."""
    page = opened(address(playground, state='"><script>alert(1)</script>'))

    assert "<script>alert" not in page.text


def test_who_presses_the_button_is_sent_back_with_a_code(playground: Playground) -> None:
    """And with the App's state, however it is written."""
    back = playground.driver.authorizes(address(playground, state="a&b=c"), by="maint-mia")

    assert back.startswith(f"{BACK}?code=")
    assert back.endswith("&state=a%26b%3Dc")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"client_id": "Iv23nobody"}, "No App has this client id."),
        ({"redirect_uri": "https://evil.test/"}, "https://evil.test/ is not among the callback URLs"),
        ({"redirect_uri": "http://127.0.0.1:1@evil.test/"}, "is not among the callback URLs"),
        ({"redirect_uri": ""}, "Nothing is not among the callback URLs"),
    ],
)
def test_what_an_app_may_not_ask_is_refused_with_a_page(
    playground: Playground, changed: dict[str, str], said: str
) -> None:
    """Nobody is sent anywhere then, neither by the page nor by its button."""
    page = opened(address(playground, **changed))
    pressed = httpx.post(address(playground).partition("?")[0], data=changed, trust_env=False, verify=NO_TLS)

    assert page.status_code in {400, 404}
    assert said in page.text
    assert pressed.status_code in {400, 404}


def test_only_people_have_something_to_show(playground: Playground) -> None:
    """Neither a bot nor somebody who is not there."""
    with pytest.raises(Refusal, match="nobody-at-all is no person here"):
        playground.driver.authorizes(address(playground), by="nobody-at-all")
    with pytest.raises(Refusal, match="acme is no person here"):
        playground.driver.authorizes(address(playground), by="acme")


def test_another_web_page_may_not_press_the_button(playground: Playground) -> None:
    """A form on a strange site shows nobody's name to anybody."""
    url = address(playground).partition("?")[0]
    fields = {"client_id": playground.credentials.client_id, "redirect_uri": BACK, "state": "s1"}
    strange = {"origin": "http://evil.test"}

    pressed = httpx.post(url, data=fields, headers=strange, trust_env=False, verify=NO_TLS)
    assert pressed.status_code == 403


def test_an_app_with_callback_urls_is_sent_nowhere_else() -> None:
    """They are compared whole; without one in the address it is the first of them."""
    with serve(Settings(callback_url=BACK)) as playground:
        assert opened(address(playground)).status_code == 200
        assert opened(address(playground, redirect_uri="")).status_code == 200
        assert opened(address(playground, redirect_uri=f"{BACK}/more")).status_code == 400


def test_a_code_becomes_a_token_that_acts_as_the_person(playground: Playground) -> None:
    """It knows them by id and login, and is not an installation's."""
    told = exchanged(playground, code_for(playground, by="maint-mia"), redirect_uri=BACK).json()

    assert (told["token_type"], told["expires_in"]) == ("bearer", 28_800)
    with client(playground.url, told["access_token"]) as http:
        me = http.get("/user").json()
        assert (me["id"], me["login"]) == (2, "maint-mia")
        assert http.get(REPO).status_code == 403


def test_json_is_taken_and_a_form_is_given_as_well(playground: Playground) -> None:
    """GitHub answers in a form to whoever does not ask for JSON."""
    known, code = playground.credentials, code_for(playground, by="maint-mia")
    asked = {"client_id": known.client_id, "client_secret": known.client_secret, "code": code}
    url = f"{playground.url}/login/oauth/access_token"

    answer = httpx.post(url, json=asked, trust_env=False, verify=NO_TLS)

    assert answer.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert answer.text.startswith("access_token=ghu_")


def test_a_code_is_good_for_once(playground: Playground) -> None:
    """The second time it is like one that never was."""
    code = code_for(playground, by="maint-mia")

    answers = [exchanged(playground, each) for each in (code, code, "nonsense")]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.json().get("error") for answer in answers] == [None, *["bad_verification_code"] * 2]


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"client_secret": "wrong"}, 200, "incorrect_client_credentials"),
        ({"client_id": "Iv23rogue"}, 200, "incorrect_client_credentials"),
        ({"client_id": "Iv23nobody"}, 404, "Not Found"),
        ({"redirect_uri": f"{BACK}/other"}, 200, "redirect_uri_mismatch"),
    ],
)
def test_a_code_that_is_refused_is_not_used_up(
    playground: Playground, changed: dict[str, str], status: int, error: str
) -> None:
    """GitHub's word for it comes with status 200, except to a client id that it does not know."""
    code = code_for(playground, by="maint-mia")

    refused = exchanged(playground, code, **changed)

    assert (refused.status_code, refused.json()["error"]) == (status, error)
    assert "access_token" in exchanged(playground, code).json()


@pytest.mark.parametrize(("age", "error"), [(9, None), (10, "bad_verification_code")])
def test_a_code_lives_for_ten_minutes(tmp_path: Path, age: int, error: str | None) -> None:
    """Minutes after it was given."""
    app = PlaygroundApp(Settings(seed="empty"), tmp_path, "http://127.0.0.1:1")
    app.reset()
    world, settings = app.world, app.settings
    code = SignInCode(world.app, world.account("maint-mia"), BACK, now() + timedelta(minutes=10))
    world.sign_in_codes["c"] = replace(code, until=code.until - timedelta(minutes=age))
    asked = {"client_id": settings.client_id, "client_secret": settings.client_secret, "code": "c"}

    assert exchanged_in(world, asked)[1].get("error") == error


def test_a_token_that_is_let_go_is_worth_nothing(playground: Playground) -> None:
    """Only the App itself can do that, with its client secret."""
    known, token = playground.credentials, user_token(playground, by="maint-mia")
    url, body = f"{playground.url}/applications/{known.client_id}/token", {"access_token": token}

    def let_go(secret: str) -> int:
        ours = (known.client_id, secret)
        return httpx.request("DELETE", url, json=body, auth=ours, trust_env=False, verify=NO_TLS).status_code

    assert [let_go("wrong"), let_go(known.client_secret), let_go(known.client_secret)] == [401, 204, 404]
    with client(playground.url, token) as http:
        assert http.get("/user").status_code == 401


def test_an_installation_is_no_person(api: httpx.Client) -> None:
    """Its token has nobody to say who they are."""
    assert api.get("/user").status_code == 403


def test_an_account_that_is_called_otherwise_keeps_what_it_is(api: httpx.Client, driver: Driver) -> None:
    """Its id, its roles and its repositories."""
    driver.adds_repository("writer-will/tool")

    driver.renames_account("writer-will", "will-power")

    assert api.get("/user/3").json()["login"] == "will-power"
    assert api.get("/users/writer-will").status_code == 404
    assert api.get(f"{REPO}/collaborators/will-power/permission").json()["role_name"] == "write"
    assert "will-power/tool" in driver.sees_state()["repositories"]
    with pytest.raises(Refusal, match="There is an account maint-mia already"):
        driver.renames_account("will-power", "maint-mia")


def test_the_credentials_tell_the_client_secret(playground: Playground) -> None:
    """Beside the client id, in the file as well."""
    known = playground.credentials

    assert len(known.client_secret) == 40
    assert known.client_secret in (playground.folder / "credentials.json").read_text()


def test_who_revokes_the_authorization_is_nobody_to_the_app_any_more(
    playground: Playground, driver: Driver, api: httpx.Client
) -> None:
    """Tokens and codes die, and the App is told who it was, though it has not asked for that event."""
    driver.sets_webhook("http://127.0.0.1:9/")
    token, code = user_token(playground, by="maint-mia"), code_for(playground, by="maint-mia")

    driver.revokes_authorization(by="maint-mia")

    assert api.get("/user", headers={"authorization": f"Bearer {token}"}).status_code == 401
    assert exchanged(playground, code).json()["error"] == "bad_verification_code"
    (told,) = [each for each in driver.sees_deliveries() if each["event"] == "github_app_authorization"]
    payload = told["request"]["payload"]
    assert (set(payload), payload["action"]) == ({"action", "sender"}, "revoked")
    assert payload["sender"]["login"] == "maint-mia"


def test_what_was_not_authorized_cannot_be_revoked(playground: Playground, driver: Driver) -> None:
    """A button for it is shown to whoever has authorized the App."""
    with pytest.raises(Refusal, match="has not authorized devops-agent"):
        driver.revokes_authorization(by="maint-mia")
    assert "Revoke</button>" not in opened(f"{playground.url}/", cookie="who=maint-mia").text

    driver.authorizes(address(playground), by="maint-mia")

    assert "Revoke</button>" in opened(f"{playground.url}/", cookie="who=maint-mia").text
