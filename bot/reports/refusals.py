"""What is said when something is not done: one sentence each, with what to do instead."""

from __future__ import annotations


def closed_meanwhile(number: int) -> str:
    return f"Pull request {number} was closed before the run began. Reopen it and ask again."


def head_moved(run: str) -> str:
    return (
        f"The pull request has new commits since run `{run}`, so I did not run the old ones again. "
        "Write the command once more to run it on the new head."
    )


def github_silent() -> str:
    return "GitHub did not answer my questions for a while, so I did nothing. Please write the command again."


def cancelled_by(login: str) -> str:
    return f"Cancelled by {login}."


def began_again() -> str:
    return "The worker that had this run was lost, so it began again from its first step."


def lost_hands() -> str:
    return (
        "The worker that had this run was lost, and what it did may not be repeated. Ask again to start anew."
    )


def not_published(reason: str) -> str:
    return f"The changes are kept on the run's page, but there is no pull request: {reason}"
