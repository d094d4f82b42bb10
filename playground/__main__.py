"""`python -m playground`: a local GitHub to talk to."""

from __future__ import annotations

import argparse
import os
import secrets
from dataclasses import replace
from pathlib import Path

from playground.seeds import SEEDS
from playground.server import run
from playground.settings import EVENTS, Settings, fresh_key
from playground.slack.settings import SlackSettings


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m playground",
        description=__doc__,
        epilog="Events are signed with WEBHOOK_SECRET of the environment, or with a random secret; "
        "people sign in with CLIENT_SECRET, or a random one.",
    )
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--state", type=Path, help="folder for repositories and credentials.json")
    parser.add_argument("--seed", choices=sorted(SEEDS), default="demo", help="the world to begin with")
    parser.add_argument("--webhook-url", help="where events are delivered; can be set later")
    parser.add_argument("--callback-url", help="where people who signed in are sent; default: any port here")
    parser.add_argument(
        "--slack-base", help="where the Slack app listens: to <this>/webhooks/slack all is sent"
    )
    parser.add_argument("--app-id", type=int, default=4242)
    parser.add_argument("--slug", default="devops-agent", help="the App's name in urls and mentions")
    parser.add_argument("--private-key", type=Path, help="the App's PEM file; default: a fresh key")
    parser.add_argument("--events", default=",".join(EVENTS), help="events the App subscribes to")
    parser.add_argument("--lenient", action="store_true", help="do not judge requests by GitHub's OpenAPI")
    return parser.parse_args()


def _slack(base: str | None) -> SlackSettings:
    """Its secrets are in the environment under Slack's own names, or random."""
    fresh = SlackSettings(base=base)
    return replace(
        fresh,
        signing_secret=os.environ.get("SLACK_SIGNING_SECRET") or fresh.signing_secret,
        bot_token=os.environ.get("SLACK_BOT_TOKEN") or fresh.bot_token,
        app_token=os.environ.get("SLACK_APP_TOKEN") or fresh.app_token,
        client_secret=os.environ.get("SLACK_CLIENT_SECRET") or fresh.client_secret,
    )


def main() -> None:
    given = _arguments()
    run(
        Settings(
            port=given.port,
            state=given.state,
            seed=given.seed,
            webhook_url=given.webhook_url,
            webhook_secret=os.environ.get("WEBHOOK_SECRET") or secrets.token_hex(20),
            client_secret=os.environ.get("CLIENT_SECRET") or secrets.token_hex(20),
            callback_url=given.callback_url,
            slack=_slack(given.slack_base),
            app_id=given.app_id,
            slug=given.slug,
            private_key=given.private_key.read_text() if given.private_key else fresh_key(),
            events=tuple(event for event in given.events.split(",") if event),
            strict=not given.lenient,
        )
    )


if __name__ == "__main__":
    main()
