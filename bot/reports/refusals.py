"""What is said when something is not done: one sentence each, with what to do instead."""

from __future__ import annotations

from bot.reports import safe

NAMED_STEPS = 5


def person_asks_too_much(most: int, minutes: int) -> str:
    return (
        f"You have asked me for {most} things within {minutes} minutes, so I did not do this one. Please "
        "wait a few minutes and write it again. `cancel`, `deny` and `status` always work."
    )


def repository_asks_too_much(most: int, minutes: int) -> str:
    return (
        f"I was asked for {most} things in this repository within {minutes} minutes, so I did not do this "
        "one. Please wait a few minutes and write it again. `cancel`, `deny` and `status` always work."
    )


def quiet_for_now() -> str:
    return (
        "I have said a lot here lately, so I am quiet for now. Commands are still followed, and check runs "
        "and run pages show how everything stands."
    )


def closed_meanwhile(number: int) -> str:
    return f"Pull request {number} was closed before the run began. Reopen it and ask again."


def no_chat() -> str:
    return "Slack is not set up at the desk any more. Ask an operator to look at its settings."


def github_silent() -> str:
    return "GitHub did not answer my questions for a while, so I did nothing. Please write the command again."


def github_silent_to_requests() -> str:
    return "GitHub did not answer my questions for a while, so I did nothing. Please ask again."


def still_going(run: str) -> str:
    return f"Run `{run}` is not over yet. Wait for its end, or write `/agent cancel {run}` first."


def nothing_failed(run: str) -> str:
    return f"Nothing failed in run `{run}`. Write `/agent retry {run} --all` to do all of it again."


def no_such_step(run: str, wanted: int, there: int) -> str:
    return f"Run `{run}` has no step {wanted}: its steps are 1 to {there}."


def already_published(run: str, number: int) -> str:
    return (
        f"The changes of run `{run}` are in pull request #{number} already, so it cannot go on to a newer "
        "commit. Write the command once more for a new run."
    )


def closed(number: int) -> str:
    return f"Pull request {number} was closed."


def unreachable(repo: str) -> str:
    return f"I cannot reach {repo} any more: the App was removed from it, or it was moved or deleted."


def transferred(repo: str) -> str:
    return f"The repository has another owner now: it is {repo}."


def archived() -> str:
    return "The repository was archived."


def comment_deleted() -> str:
    return "The comment that asked for this run was deleted before it began."


def head_moved(run: str) -> str:
    return (
        f"The pull request has new commits since run `{run}`, so I did not run the old ones again. Write "
        f"`/agent retry {run} --head` to go on to the newest commit, or `/agent retry {run} --all` to stay."
    )


def right_lost(reason: str) -> str:
    return f"The right to run this was taken away meanwhile: {reason}"


def superseded(head: str) -> str:
    return f"The pull request moved on to commit {head[:10]}, so this older run was cancelled."


HEAD_MOVED_ON = "The pull request has moved on to commit"


def head_moved_on(head: str) -> str:
    return f"{HEAD_MOVED_ON} {head[:10]}; this run is of an older one."


def pull_request_stays(number: int) -> str:
    return f"Pull request #{number} was made by an earlier attempt and stays as it is."


def box_lost() -> str:
    return "Its container went away, and what it changed went with it."


def attempt_begins(number: int, by: str) -> str:
    return f"Attempt {number} begins, asked for by {by}."


def handed_over() -> str:
    return "The worker that had this run was stopped for maintenance, so it began again with another one."


def stopped_for_maintenance() -> str:
    return "Its worker was stopped for maintenance, and it may not be begun twice."


def desk_silent() -> str:
    return "The desk did not confirm the permission for half an hour, so nothing was started. Ask again."


def cancelled(by: str, reason: str) -> str:
    """Why a run was cancelled: the reason that was given, or else who asked."""
    return reason or f"Cancelled by {by}."


def began_again() -> str:
    return "The worker that had this run was lost, so it began again from its first step."


def lost_hands() -> str:
    return (
        "The worker that had this run was lost, and what it did may not be repeated. Ask again to start anew."
    )


def not_published(reason: str) -> str:
    return f"The changes are kept on the run's page, but there is no pull request: {reason}"


def denied_by_policy(rule: str, sentence: str) -> str:
    return f"The policy of this repository does not allow that, so I did nothing: {sentence} (Rule `{rule}`.)"


def changed_without_approval(rule: str, sentence: str) -> str:
    return (
        f"it changed what may not be changed without asking: {sentence} (Rule `{rule}`.) Leave it out, or "
        "name the path in a step of the plan, such as `write_file`."
    )


def no_secrets_for_forks() -> str:
    return "The code of a fork is never given a secret. Take `secrets` out of the plan."


def secret_withdrawn(name: str) -> str:
    return f"The server does not have the secret `{name}` for this repository any more."


def secret_in_changes(path: str, line: int) -> str:
    return (
        f"The changes hold a secret that this run was given: {safe.one_line(path)} line {line}. Nothing is "
        "kept of them. Take it out and run it again."
    )
