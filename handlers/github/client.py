"""GitHub as the desk knows it: every port of the forge over one client."""

from __future__ import annotations

import time
from collections.abc import Callable

from bot.ports import Pace
from handlers.github.accounts import GitHubAccounts
from handlers.github.check_runs import GitHubCheckRuns
from handlers.github.checkouts import GitHubCheckouts
from handlers.github.code import GitHubCode
from handlers.github.comments import GitHubComments
from handlers.github.deliveries import GitHubDeliveryLog
from handlers.github.permissions import GitHubPermissions
from handlers.github.pull_requests import GitHubPullRequests
from handlers.github.reactions import GitHubReactions
from handlers.github.rest import PUBLIC_API, GitHubClient
from handlers.github.standing import GitHubStanding


class GitHubForge:
    """Safe to share between threads. Keep one for the life of the process, and close it at the end."""

    def __init__(
        self,
        app_id: int,
        private_key: str,
        api_url: str = PUBLIC_API,
        *,
        pause: Callable[[float], None] = time.sleep,
        pace: Pace | None = None,
    ) -> None:
        client = GitHubClient(app_id, private_key, api_url, pause=pause, pace=pace)
        self.permissions = GitHubPermissions(client)
        self.accounts = GitHubAccounts(client)
        self.code = GitHubCode(client)
        self.standing = GitHubStanding(client, app_id)
        self.check_runs = GitHubCheckRuns(client, app_id)
        self.comments = GitHubComments(client, app_id)
        self.reactions = GitHubReactions(client)
        self.pull_requests = GitHubPullRequests(client)
        self.checkouts = GitHubCheckouts(client)
        self.delivery_log = GitHubDeliveryLog(client)
        self.close = client.close
