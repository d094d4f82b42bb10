"""Looks at the App as GitHub has it, and says what to do where it is not what we need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.errors import AgentError
from bot.findings import Finding
from handlers.github.ears import PATH
from handlers.github.needs import PERMISSIONS, SUBSCRIBED_EVENTS
from handlers.github.rest import PUBLIC_API, GitHubClient

_LEVELS = ("none", "read", "write", "admin")
_WHERE = "in the App's settings under “Permissions & events”"


def examine(app_id: int, private_key: str, api_url: str = PUBLIC_API, *, slug: str) -> list[Finding]:
    """One finding for each thing looked at. Asks GitHub two questions and changes nothing."""
    try:
        client = GitHubClient(app_id, private_key, api_url)
    except AgentError as error:
        return [Finding("GitHub App key", False, str(error))]
    try:
        told = client.call_as_app("GET", "app")
        hook = client.call_as_app("GET", "app/hook/config")
    except AgentError as error:
        return [Finding("GitHub App key", False, f"{error} (asked {api_url} as App {app_id})")]
    finally:
        client.close()
    return list(judge(told, hook, slug=slug))


def judge(app: Mapping[str, Any], hook: Mapping[str, Any], *, slug: str) -> Iterator[Finding]:
    """The findings about an App whose key was accepted."""
    yield Finding("GitHub App key", True, f"GitHub knows this key as the App “{app['name']}”.")
    yield _slug(app["slug"], slug)
    yield _permissions(app["permissions"])
    yield _events(frozenset(app["events"]))
    yield _webhook(hook)
    yield _installations(app.get("installations_count", 0))


def _slug(found: str, slug: str) -> Finding:
    if found == slug:
        return Finding("GitHub App slug", True, f"People can also write `@{slug} run`.")
    return Finding(
        "GitHub App slug",
        False,
        f"The App is called `{found}` and not `{slug}`. Set the slug to `{found}`.",
    )


def _permissions(granted: Mapping[str, str]) -> Finding:
    name = "GitHub App permissions"
    lacking = [f"{what}: {level}" for what, level in PERMISSIONS.items() if not _covers(granted, what, level)]
    if lacking:
        sentence = (
            f"The App lacks {', '.join(lacking)}. Grant it {_WHERE}; the owner of each installation must then"
            " accept the change."
        )
        return Finding(name, False, sentence)
    beyond = [f"{what}: {level}" for what, level in granted.items() if _is_beyond(what, level)]
    if beyond:
        sentence = f"The App may do more than it needs: {', '.join(beyond)}. Take it away {_WHERE}."
        return Finding(name, False, sentence)
    return Finding(name, True, "The App may do what it needs and no more.")


def _covers(granted: Mapping[str, str], what: str, level: str) -> bool:
    return _LEVELS.index(granted.get(what, "none")) >= _LEVELS.index(level)


def _is_beyond(what: str, level: str) -> bool:
    """Reading more is harmless to others' work; writing more is not."""
    return level != "read" and not _covers(PERMISSIONS, what, level)


def _events(subscribed: frozenset[str]) -> Finding:
    lacking = sorted(SUBSCRIBED_EVENTS - subscribed)
    if lacking:
        sentence = f"GitHub does not tell the App of {', '.join(lacking)}. Subscribe {_WHERE}."
        return Finding("GitHub App events", False, sentence)
    return Finding("GitHub App events", True, "GitHub tells the App all that it listens to.")


def _webhook(hook: Mapping[str, Any]) -> Finding:
    name, url = "GitHub webhook", str(hook.get("url") or "")
    if not url:
        sentence = f"The App has no webhook address. In its settings, set https://<your host>{PATH}."
        return Finding(name, False, sentence)
    if not url.endswith(PATH):
        return Finding(name, False, f"Webhooks go to {url}. Let the address end in {PATH}.")
    if hook.get("content_type") != "json":
        return Finding(name, False, "Webhooks are sent as a form. Set the content type to application/json.")
    if not hook.get("secret"):
        sentence = "The webhook has no secret. Set the same one in the App's settings and in our environment."
        return Finding(name, False, sentence)
    if str(hook.get("insecure_ssl", "0")) != "0":
        return Finding(name, False, "GitHub does not check our certificate. Enable SSL verification.")
    return Finding(name, True, f"Webhooks go to {url}, signed.")


def _installations(count: int) -> Finding:
    if count:
        return Finding("GitHub installations", True, f"The App is installed on {count} account(s).")
    sentence = "The App is installed nowhere. Choose “Install App” on its settings page."
    return Finding("GitHub installations", False, sentence)
