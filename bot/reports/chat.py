"""What is said in a chat: about who somebody is, what a channel is about, and what was not understood.

Markdown of ours: names are in it as code.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.chat.forms import DenyForm, Form, RunForm
from bot.chat.message import Buttons, Listing, Message, Open, When, Who, says
from bot.chat.model import Announce, Link
from bot.plans.model import Plan
from bot.ports import Role
from bot.reports import gates, phrases, safe
from bot.runs import Run

FEW = 12  # steps of a preview
ON_A_PAGE = 50  # members

# --- who ------------------------------------------------------------------------------------------------


def not_installed() -> str:
    return "This workspace has not installed me, so I do nothing here."


def from_elsewhere() -> str:
    return "You are a member of another workspace, so I follow nothing that you ask for here."


def guest() -> str:
    return "Guests cannot ask me for anything here. Ask a full member of this workspace to do it."


def unlinked() -> str:
    return "I do not know who you are on GitHub yet, so I did nothing."


def link_begins() -> str:
    return "Show me who you are on GitHub, and you may do here what you may do there."


def how_to_link() -> str:
    return (
        "The button leads to GitHub, and then to a code. Type it here as `/agent link CODE`, within ten "
        "minutes. Never type a code that somebody else has given you."
    )


def link_button() -> str:
    return "Continue on GitHub"


def installed(workspace: str) -> str:
    """What the browser shows: plain text."""
    return f"I am installed in {workspace}. Write /agent link there to show me who you are on GitHub."


def code_shown(login: str, code: str) -> str:
    """What the browser shows: plain text."""
    return (
        f"GitHub says that you are {login}. If you began this in Slack yourself, type this there: "
        f"/agent link {code}"
    )


def wrong_code() -> str:
    return "That is not the code that you were shown, or its time is over. Write `/agent link` to begin anew."


def linked(login: str) -> str:
    return f"You are {safe.inline(login)} on GitHub. What you may do there, you may do here."


def not_linked() -> str:
    return "I do not know who you are on GitHub, so there is nothing to forget."


def unlinked_now() -> str:
    return "I have forgotten who you are on GitHub."


def unlinked_other(login: str) -> str:
    return f"I have forgotten that this member is {safe.inline(login)} on GitHub."


def unlinked_by_admin(login: str) -> str:
    return (
        f"An administrator of this workspace has unlinked you from {safe.inline(login)} on GitHub. Write "
        "`/agent link` to link yourself again."
    )


def unlinked_on_github(login: str) -> str:
    return (
        f"My authorization for {safe.inline(login)} was revoked on GitHub, so I have unlinked you. Write "
        "`/agent link` to link yourself again."
    )


def admins_unlink() -> str:
    return (
        "Only an administrator of this workspace can unlink somebody else. If it is your own account on "
        "GitHub, revoke my authorization there, under Settings, Applications: then I unlink whoever has it."
    )


def how_to_unlink() -> str:
    return (
        "I know no linked member of that name. Write it as `@agent unlink @member`, or `unlink @member` to "
        "me directly. After the slash command Slack tells me no member: give the id from their profile."
    )


def account_gone() -> str:
    return "GitHub does not show me your account any more. Write `/agent link` to link yourself again."


def admins_only() -> str:
    return "Only an administrator of this workspace can see who is linked."


def all_links(links: Sequence[Link], page: int) -> Message:
    """One page of who is linked, the oldest link first. Members are not called: one person reads it."""
    pages = max(1, -(-len(links) // ON_A_PAGE))
    page = min(max(page, 1), pages)
    shown = links[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
    if not shown:
        return says("Nobody is linked yet.")
    more = f" `/agent links {page + 1}` shows the next ones." if page < pages else ""
    head = "Who is who on GitHub:" if pages == 1 else f"Who is who on GitHub, page {page} of {pages}.{more}"
    items = [
        (Who(link.user.id), f" is {safe.inline(link.person.login)} since ", When(link.at)) for link in shown
    ]
    return says(head, Listing(tuple(items)))


# --- where ----------------------------------------------------------------------------------------------


def cannot_reach(repo: str) -> str:
    return (
        f"I cannot reach {safe.inline(repo)}. Check its name, and that the App is installed there and the "
        "server serves it."
    )


def name_a_repository() -> str:
    return (
        "I do not know which repository you mean. Name it, as in `/agent run owner/repo#12 pytest`, or bind "
        "this channel with `/agent link channel owner/repo`."
    )


def no_such_run(name: str) -> str:
    return f"I know no run {safe.inline(name)} that you may see. Its name is in the last line of its message."


def which_repository() -> str:
    return "Choose a repository"


def where(text: str) -> str:
    return f"Which repository do you mean? You wrote {safe.inline(text, limit=300)}"


def how_to_bind() -> str:
    return (
        "Write it as `/agent link channel owner/repo`, with `all`, `failures` or `none` behind it for the "
        "runs that are started on GitHub."
    )


_ANNOUNCED = {
    Announce.ALL: "I announce here every run that is started on GitHub.",
    Announce.FAILURES: "I announce here the runs that are started on GitHub and fail.",
    Announce.NONE: "I announce here nothing that is started on GitHub.",
}


def bound(repo: str, announce: Announce) -> str:
    return f"This channel is about {safe.inline(repo)} now. {_ANNOUNCED[announce]}"


def bound_by(login: str, repo: str, announce: Announce) -> str:
    """For all in the channel."""
    return f"{bound(repo, announce)} {_said_so(login)}"


def unbound_by(login: str) -> str:
    """For all in the channel."""
    return f"{unbound()} {_said_so(login)}"


def _said_so(login: str) -> str:
    return f"{safe.inline(login)} on GitHub said so."


def invite_me(channel: str) -> str:
    """`channel` is "" when I may not know what it is called."""
    where = f"{safe.inline(f'#{channel}')}" if channel else "the channel where you wrote that"
    return (
        f"I am not in {where}, so I could announce nothing there and have bound nothing. Write "
        "`/invite @agent` there, and then the same once more."
    )


def admins_unbind(repo: str) -> str:
    return (
        f"This channel is about {safe.inline(repo)}, which I cannot reach any more, so I cannot see who "
        "maintains it. Ask an administrator of this workspace to write `/agent unlink channel`."
    )


def no_channel() -> str:
    return "This is a talk between us and no channel. Write it in the channel that you mean."


def not_bound() -> str:
    return "Nobody has bound this channel. What the server's file says of it, an operator changes there."


def bound_in_file() -> str:
    return "The server's file says what this channel is about. An operator changes it there."


def unbound() -> str:
    return "This channel is about no repository any more."


def binds_who(repo: str, role: Role) -> str:
    return (
        f"What a channel is about says who may read of it, so to change that needs the role `{role}` or "
        f"higher in {safe.inline(repo)}. Ask somebody who has it."
    )


def channel_is_shared() -> str:
    return (
        "This channel is shared with another workspace and the repository is private, so I do not bind them. "
        "Use a channel of your own."
    )


def not_in_channel() -> str:
    return (
        "I am not in the channel where you asked, so I show it to you here. "
        "Invite me there with `/invite @agent`."
    )


def not_shown_any_more() -> str:
    return "This run is not shown here any more: not everybody who reads here may know of its repository."


def no_more_in_channel() -> str:
    return "I tell you here, because I cannot write any more where this was asked for."


# --- what -----------------------------------------------------------------------------------------------


def one_command() -> str:
    return "One command at a time, please: write the others in messages of their own. I did none of them."


def general_help() -> str:
    return f"Write `/agent help owner/repo` to see what you may ask for there. {help_of_slack()}"


def help_of_slack() -> str:
    """What can be asked for here and not on GitHub."""
    return "\n".join(
        [
            "Wherever you are in Slack:",
            "",
            "- The slash command alone opens a form to run something.",
            "- What you write to me directly is a command as it is.",
            "- `/agent run owner/repo#12 <plan>` runs a plan on a pull request. A link to GitHub does too; "
            "in a bound channel or a run's thread neither is needed.",
            "- `/agent link` shows me who you are on GitHub, `/agent unlink` makes me forget it. "
            "So does revoking my authorization on GitHub.",
            "- `/agent link channel owner/repo [all|failures|none]` says what this channel is about and "
            "which runs of GitHub are announced here; `/agent unlink channel` takes it back.",
            "- `/agent links` tells administrators of this workspace who is linked; "
            "`@agent unlink @member` ends a link.",
        ]
    )


def not_understood() -> str:
    return "I found no command in that. Write `/agent help` to see what I can do."


def ask_again() -> str:
    return "I do not have what you wrote any more. Please write it again, with the repository."


def has_changed(run: str) -> str:
    return f"Run {safe.inline(run)} has changed since this was shown. Look at it again."


def form_too_late(form: Form) -> str:
    match form:
        case RunForm():
            written = "/agent run owner/repo#12 pytest"
        case DenyForm():
            written = f"/agent deny {form.repository} {form.run} not today"
    return (
        "Slack let me open no form: it took too long. Please try again, or write it out, as in "
        f"{safe.inline(written)}."
    )


def a_model_plans() -> str:
    return "These words need a model: it makes the plan when you send them."


def a_model_reads() -> str:
    return "A model reads that now, which takes a moment."


def preview(plan: Plan) -> str:
    """The steps that the words mean."""
    lines = [
        f"{number}. {safe.words(action.step_description or action.action_type, limit=120)}"
        for number, action in enumerate(plan.actions[:FEW], start=1)
    ]
    more = len(plan.actions) - len(lines)
    rest = [f"{phrases.count(more, 'more step')}."] if more > 0 else []
    return "\n".join([f"**{phrases.count(len(plan.actions), 'step')}:**", "", *lines, *rest])


def still_waits(run: Run, page: str, check: str) -> Message:
    """For whoever asked for it, who cannot approve it: where it is, and whom to ask."""
    number = f"#{run.target.number}" if run.target.number else ""
    where = safe.inline(f"{run.target.place.repo}{number}")
    text = f"Your run {safe.inline(run.id)} in {where} still waits for an approval."
    until = () if run.gate is None else (("The time for it is over: ", When(run.gate.until)),)
    needs = tuple((need,) for need in gates.needed(run))
    links = (Open("Look at it", page), *((Open("Check run", check),) if check else ()))
    return says(text, Listing((*needs, *until)), Buttons(links))


def silence() -> str:
    return (
        "GitHub or Slack did not answer my questions for some minutes, so I did nothing. "
        "Please write the command again."
    )


def heard(text: str) -> str:
    """The door's receipt: plain text, to be escaped. Of a plan of several lines it says the first."""
    first, *more = text.strip().splitlines()
    behind = f" … and {phrases.count(len(more), 'more line')}" if more else ""
    return f"Noted: {safe.one_line(first, limit=200)}{behind}"
