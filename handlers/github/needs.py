"""What the App needs of GitHub: the permissions and events of app.yml, for the doctor to compare with."""

from __future__ import annotations

from collections.abc import Mapping

from handlers.github.payloads import EVENTS

PERMISSIONS: Mapping[str, str] = {
    "metadata": "read",
    "contents": "write",
    "pull_requests": "write",
    "issues": "write",
    "checks": "write",
    "actions": "read",
    "statuses": "read",
    "members": "read",
}
# Sent to every App.
UNASKED_EVENTS = frozenset({"github_app_authorization", "installation", "installation_repositories", "ping"})
SUBSCRIBED_EVENTS = EVENTS - UNASKED_EVENTS
