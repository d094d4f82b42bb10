"""The App itself: its installations, tokens, webhook settings and deliveries; and who people are."""

from __future__ import annotations

from playground.github import hooks, shapes
from playground.github.answers import Answer, Call, Json, Refused, not_found, page_of
from playground.github.auth import TokenCaller, mint
from playground.github.callers import person_of, token_of, via
from playground.github.state import Installation, Token, stamp


def app_get(call: Call) -> Answer:
    app = via(call)
    count = sum(i.app is app for i in call.world.installations.values())
    return Answer(200, {**shapes.app(call.world, app), "installations_count": count})


def app_by_slug(call: Call) -> Answer:
    for app in call.world.apps.values():
        if app.slug == call.params["app_slug"]:
            return Answer(200, shapes.app(call.world, app))
    raise not_found()


# -- installations -----------------------------------------------------------------------------------


def _found(call: Call) -> Installation:
    installation = call.world.installations.get(call.number("installation_id"))
    if installation is None or installation.app is not via(call):
        raise not_found()
    return installation


def installations(call: Call) -> Answer:
    mine = [i for i in call.world.installations.values() if i.app is via(call)]
    some, headers = page_of(call, mine, "/app/installations")
    return Answer(200, [shapes.installation(call.world, i) for i in some], headers)


def installation_get(call: Call) -> Answer:
    return Answer(200, shapes.installation(call.world, _found(call)))


def repo_installation(call: Call) -> Answer:
    name = f"{call.params['owner']}/{call.params['repo']}".lower()
    for installation in call.world.installations.values():
        mine = (repo.full_name.lower() for repo in installation.repositories)
        if installation.app is via(call) and name in mine:
            return Answer(200, shapes.installation(call.world, installation))
    raise not_found()


def account_installation(call: Call) -> Answer:
    login = (call.params.get("org") or call.params.get("username") or "").lower()
    for installation in call.world.installations.values():
        if installation.app is via(call) and installation.account.login.lower() == login:
            return Answer(200, shapes.installation(call.world, installation))
    raise not_found()


def token_create(call: Call) -> Answer:
    installation = _found(call)
    if installation.suspended_at is not None:
        raise Refused(403, "This installation has been suspended")
    token = mint(call.world, installation, call.body)
    return Answer(201, _token_shape(call, token))


def _token_shape(call: Call, token: Token) -> Json:
    shape: Json = {
        "token": token.value,
        "expires_at": stamp(token.expires_at),
        "permissions": dict(token.permissions),
        "repository_selection": "selected",
    }
    if token.repositories is not None:
        shape["repositories"] = [shapes.repository(call.world, repo) for repo in token.repositories]
    return shape


def token_delete(call: Call) -> Answer:
    call.world.tokens.pop(token_of(call).value, None)
    return Answer(204)


def repositories(call: Call) -> Answer:
    token = token_of(call)
    seen = [repo for repo in call.world.repositories.values() if token.sees(repo)]
    some, headers = page_of(call, seen, "/installation/repositories")
    return Answer(
        200,
        {
            "total_count": len(seen),
            "repository_selection": "selected",
            "repositories": [shapes.repository(call.world, repo) for repo in some],
        },
        headers,
    )


# -- limits, people, small talk ----------------------------------------------------------------------


def rate_limit(call: Call) -> Answer:
    caller = call.caller
    who = limit_key(caller.token) if isinstance(caller, TokenCaller) else "anonymous"
    core = call.world.limits.status(who)
    idle = {"limit": 30, "used": 0, "remaining": 30, "reset": core["reset"]}
    resources = {"core": core, "search": idle, "graphql": {**idle, "limit": 5000, "remaining": 5000}}
    return Answer(200, {"resources": resources, "rate": core})


def limit_key(token: Token) -> str:
    return f"installation ID {token.installation.id}"


def user(call: Call) -> Answer:
    who = call.world.accounts.get(call.params["username"].lower())
    if who is None:
        raise not_found()
    return Answer(200, shapes.public_user(call.world, who))


def user_by_id(call: Call) -> Answer:
    number = call.number("account_id")
    who = next((account for account in call.world.accounts.values() if account.id == number), None)
    if who is None:
        raise not_found()
    return Answer(200, shapes.public_user(call.world, who))


def user_self(call: Call) -> Answer:
    return Answer(200, shapes.public_user(call.world, person_of(call)))


def user_token_delete(call: Call) -> Answer:
    """An App lets go of a token with which it acted as somebody."""
    token = call.world.user_tokens.get(call.body["access_token"])
    if call.params["client_id"] != via(call).client_id or token is None or token.app is not via(call):
        raise not_found()
    del call.world.user_tokens[token.value]
    return Answer(204)


def zen(call: Call) -> Answer:  # noqa: ARG001  (every endpoint is given its call)
    return Answer(200, b"Keep it logically awesome.", {"content-type": "text/plain; charset=utf-8"})


# -- webhooks ----------------------------------------------------------------------------------------


def hook_config(call: Call) -> Answer:
    mine = call.world.hooks
    url = {"url": mine.url} if mine.url else {}
    return Answer(200, {"content_type": "json", "insecure_ssl": "0", "secret": "********", **url})


def hook_configure(call: Call) -> Answer:
    mine = call.world.hooks
    mine.url = call.body.get("url", mine.url)
    mine.secret = call.body.get("secret", mine.secret)
    return hook_config(call)


def deliveries(call: Call) -> Answer:
    """Newest first, with GitHub's cursor paging."""
    newest = sorted(call.world.hooks.deliveries, key=lambda d: d.id, reverse=True)
    status = call.query.get("status")
    if status in {"success", "failure"}:
        newest = [d for d in newest if (200 <= d.status_code < 400) == (status == "success")]
    cursor, size = call.query.get("cursor", ""), call.query.get("per_page", "30")
    some_size = min(int(size), 100) if size.isdecimal() else 30
    if cursor:
        newest = [d for d in newest if str(d.id) <= cursor]
    headers = {}
    if len(newest) > some_size:
        url = f"{call.world.url}/app/hook/deliveries?per_page={some_size}&cursor={newest[some_size].id}"
        headers["Link"] = f'<{url}>; rel="next"'
    return Answer(200, [hooks.item(d) for d in newest[:some_size]], headers)


def _found_delivery(call: Call) -> hooks.Delivery:
    delivery = call.world.hooks.find(call.number("delivery_id"))
    if delivery is None:
        raise not_found()
    return delivery


def delivery_get(call: Call) -> Answer:
    return Answer(200, hooks.full(_found_delivery(call)))


def redeliver(call: Call) -> Answer:
    call.world.hooks.redeliver(_found_delivery(call))
    return Answer(202, {})
