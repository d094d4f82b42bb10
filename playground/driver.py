"""A person's hands in a playground: acts as methods, what can be seen as plain dicts, over HTTP."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from playground.remote import Refusal, Remote

__all__ = ["Driver", "Refusal"]

Json = dict[str, Any]
DEFAULT_REPO = "acme/shop"
DEFAULT_USER = "writer-will"


class Driver(Remote):
    """Everything a person can do, and everything there is to see."""

    acts = "/playground/acts/"

    def reset(self) -> None:
        self.act("reset")

    # -- the ground -----------------------------------------------------------------------------

    def adds_account(self, login: str, *, kind: str = "User") -> Json:
        return self._json("add_account", login=login, kind=kind)

    def renames_account(self, login: str, to: str) -> Json:
        """Its id stays."""
        return self._json("rename_account", login=login, to=to)

    def adds_repository(
        self,
        name: str,
        *,
        files: Mapping[str, str] | None = None,
        folder: str | None = None,
        private: bool = False,
        roles: Mapping[str, str] | None = None,
        install: bool = True,
        default_branch: str = "main",
    ) -> Json:
        return self._json(
            "add_repository",
            name=name,
            files=dict(files) if files is not None else None,
            folder=folder,
            private=private,
            roles=dict(roles or {}),
            install=install,
            default_branch=default_branch,
        )

    def forks(self, owner: str, *, repo: str = DEFAULT_REPO) -> Json:
        return self._json("fork", repo=repo, owner=owner)

    def sets_role(self, user: str, role: str, *, repo: str = DEFAULT_REPO) -> None:
        self.act("set_role", repo=repo, user=user, role=role)

    def makes_private(self, *, repo: str = DEFAULT_REPO) -> None:
        self.act("set_private", repo=repo)

    def sets_permissions(self, **permissions: str) -> None:
        """What the App itself may do, from the next token on."""
        self.act("set_permissions", permissions=permissions)

    def installs(self, *, repo: str = DEFAULT_REPO, by: str = "owner-olga") -> None:
        self.act("install", repo=repo, by=by)

    def uninstalls(self, owner: str = "acme", *, by: str = "owner-olga") -> None:
        self.act("uninstall", owner=owner, by=by)

    def suspends(self, owner: str = "acme", *, by: str = "owner-olga") -> None:
        self.act("suspend", owner=owner, by=by)

    def unsuspends(self, owner: str = "acme", *, by: str = "owner-olga") -> None:
        self.act("unsuspend", owner=owner, by=by)

    def removes_repository(self, *, repo: str = DEFAULT_REPO, by: str = "owner-olga") -> None:
        """From the App's installation."""
        self.act("remove_repository", user=by, repo=repo)

    def returns_repository(self, *, repo: str = DEFAULT_REPO, by: str = "owner-olga") -> None:
        """To the App's installation."""
        self.act("return_repository", user=by, repo=repo)

    def renames(self, name: str, *, repo: str = DEFAULT_REPO, by: str = "owner-olga") -> str:
        """Returns the new full name."""
        return str(self.act("rename", user=by, repo=repo, name=name)["name"])

    def transfers(
        self, to: str, *, install: bool = False, repo: str = DEFAULT_REPO, by: str = "owner-olga"
    ) -> str:
        """The App sees it at the new owner's only with `install`. Returns the new full name."""
        return str(self.act("transfer", user=by, repo=repo, to=to, install=install)["name"])

    def archives(self, *, repo: str = DEFAULT_REPO, by: str = "owner-olga") -> None:
        self.act("archive", user=by, repo=repo)

    def deletes_repository(self, *, repo: str = DEFAULT_REPO, by: str = "owner-olga") -> None:
        self.act("delete_repository", user=by, repo=repo)

    def pings(self) -> None:
        self.act("ping")

    def authorizes(self, address: str, *, by: str) -> str:
        """Opens an App's authorize address in their browser and presses the button.

        Returns where they are sent back to, which nobody opens.
        """
        who = {"cookie": f"who={by}"}
        page = self._http.get(address, headers=who)
        if page.status_code != 200:
            raise Refusal("authorizes", page.status_code, page.text)
        _, _, form = page.text.partition('id="authorize"')
        fields = re.findall(r'name="(\w+)" value="([^"]*)"', form)
        pressed = self._http.post(
            address.partition("?")[0],
            data={name: html.unescape(value) for name, value in fields},
            headers={**who, "origin": self.url},
        )
        if pressed.status_code != 302:
            raise Refusal("authorizes", pressed.status_code, pressed.text)
        return pressed.headers["location"]

    def revokes_authorization(self, *, by: str) -> None:
        """In their settings on GitHub, for the App that they had authorized."""
        self.act("revoke_authorization", user=by)

    # -- code -----------------------------------------------------------------------------------

    def pushes(
        self,
        files: Mapping[str, str | None],
        *,
        branch: str,
        by: str = DEFAULT_USER,
        repo: str = DEFAULT_REPO,
        message: str = "Change files",
        base: str | None = None,
        force: bool = False,
    ) -> Json:
        """One commit; returns `sha`, `before` and `branch`. Content None deletes; `base64:`, `exec:` and
        `symlink:` begin contents that are not plain text files."""
        return self._json(
            "push",
            user=by,
            repo=repo,
            branch=branch,
            files=dict(files),
            message=message,
            base=base,
            force=force,
        )

    def deletes_branch(self, branch: str, *, by: str = DEFAULT_USER, repo: str = DEFAULT_REPO) -> None:
        self.act("delete_branch", user=by, repo=repo, branch=branch)

    # -- talk -----------------------------------------------------------------------------------

    def opens_issue(
        self, title: str, *, body: str = "", by: str = DEFAULT_USER, repo: str = DEFAULT_REPO
    ) -> Json:
        return self._json("open_issue", user=by, repo=repo, title=title, body=body)

    def opens_pull(
        self,
        head: str,
        *,
        title: str = "A change",
        body: str = "",
        base: str | None = None,
        draft: bool = False,
        by: str = DEFAULT_USER,
        repo: str = DEFAULT_REPO,
    ) -> Json:
        """`head` is a branch, or `owner:branch` of a fork."""
        return self._json(
            "open_pull", user=by, repo=repo, head=head, base=base, title=title, body=body, draft=draft
        )

    def comments(self, text: str, *, on: int = 1, by: str = DEFAULT_USER, repo: str = DEFAULT_REPO) -> Json:
        return self._json("comment", user=by, repo=repo, number=on, text=text)

    def comments_on_line(
        self,
        text: str,
        path: str,
        *,
        line: int | None = 1,
        on: int = 1,
        by: str = DEFAULT_USER,
        repo: str = DEFAULT_REPO,
    ) -> Json:
        return self._json("review_comment", user=by, repo=repo, number=on, text=text, path=path, line=line)

    def edits(self, comment: int, text: str, *, by: str = DEFAULT_USER) -> Json:
        return self._json("edit_comment", user=by, comment=comment, text=text)

    def deletes(self, comment: int, *, by: str = DEFAULT_USER) -> None:
        self.act("delete_comment", user=by, comment=comment)

    def reacts(self, comment: int, content: str, *, by: str = DEFAULT_USER) -> Json:
        return self._json("react", user=by, comment=comment, content=content)

    def closes(self, number: int = 1, *, by: str = DEFAULT_USER, repo: str = DEFAULT_REPO) -> Json:
        return self._json("close", user=by, repo=repo, number=number)

    def merges(self, number: int = 1, *, by: str = DEFAULT_USER, repo: str = DEFAULT_REPO) -> Json:
        return self._json("merge", user=by, repo=repo, number=number)

    def reopens(self, number: int = 1, *, by: str = DEFAULT_USER, repo: str = DEFAULT_REPO) -> Json:
        return self._json("reopen", user=by, repo=repo, number=number)

    def drafts(self, number: int = 1, *, by: str = DEFAULT_USER, repo: str = DEFAULT_REPO) -> Json:
        return self._json("draft", user=by, repo=repo, number=number)

    def readies(self, number: int = 1, *, by: str = DEFAULT_USER, repo: str = DEFAULT_REPO) -> Json:
        return self._json("ready", user=by, repo=repo, number=number)

    def locks(self, number: int = 1, *, by: str = DEFAULT_USER, repo: str = DEFAULT_REPO) -> Json:
        return self._json("lock", user=by, repo=repo, number=number)

    def unlocks(self, number: int = 1, *, by: str = DEFAULT_USER, repo: str = DEFAULT_REPO) -> Json:
        return self._json("unlock", user=by, repo=repo, number=number)

    # -- checks ---------------------------------------------------------------------------------

    def presses(self, identifier: str, *, check_run: int, by: str = DEFAULT_USER) -> Json:
        return self._json("press", user=by, check_run=check_run, identifier=identifier)

    def forgets_update(self, check_run: int, *, status: str) -> Json:
        """GitHub shows the check run as it was before."""
        return self._json("tamper", check_run=check_run, status=status)

    def reruns(self, check_run: int, *, by: str = DEFAULT_USER) -> Json:
        return self._json("rerun", user=by, check_run=check_run)

    def reruns_suite(self, check_suite: int, *, by: str = DEFAULT_USER) -> Json:
        return self._json("rerun_suite", user=by, check_suite=check_suite)

    def foreign_check_run(
        self, name: str, *, ref: str, conclusion: str = "success", repo: str = DEFAULT_REPO
    ) -> Json:
        """A check run that another App made."""
        return self._json("foreign_check_run", repo=repo, ref=ref, name=name, conclusion=conclusion)

    def sets_status(self, state: str, *, ref: str, context: str = "ci", repo: str = DEFAULT_REPO) -> None:
        """Some program says how a commit stands."""
        self.act("set_status", repo=repo, ref=ref, context=context, state=state)

    def reviews_pull(
        self, state: str = "APPROVED", *, by: str, number: int = 1, repo: str = DEFAULT_REPO
    ) -> None:
        """Somebody's word on a pull request as it is now."""
        self.act("review", repo=repo, number=number, by=by, state=state)

    def joins_team(self, user: str, team: str, *, state: str = "active") -> None:
        """Somebody is in `organisation/team` from now on, or invited to it."""
        self.act("set_team", team=team, user=user, state=state)

    def fails_job(self, name: str, log: str, *, ref: str, repo: str = DEFAULT_REPO) -> Json:
        """A job of GitHub Actions has failed, and wrote this."""
        return self._json("fail_job", repo=repo, ref=ref, name=name, log=log)

    # -- switches and faults --------------------------------------------------------------------

    def sets_webhook(self, url: str | None = None, *, secret: str | None = None) -> None:
        """An empty url takes the webhook away."""
        self.act("set_webhook", url=url, secret=secret)

    def sets_events(self, *events: str) -> None:
        self.act("set_events", events=list(events))

    def limits(self, **switches: Any) -> Json:
        """`primary`, `secondary`, `strict_gap` (bools), `retry_after`, `per_hour`, `content_per_minute` …"""
        return self._json("set_limits", **switches)

    def spends(self, requests: int, *, owner: str = "acme") -> Json:
        return self._json("spend", owner=owner, requests=requests)

    def fails(
        self,
        path: str,
        *,
        method: str = "*",
        status: int = 502,
        times: int = 1,
        message: str = "Server Error",
    ) -> None:
        """Answer the next matching requests with a status, and do nothing. `path` is a shell pattern."""
        self._fault("status", path, method=method, status=status, times=times, message=message)

    def fails_after(self, path: str, *, method: str = "*", status: int = 502, times: int = 1) -> None:
        """Do what is asked and answer with a failure all the same."""
        self._fault("status_after", path, method=method, status=status, times=times)

    def slows(self, path: str, *, seconds: float, method: str = "*", times: int = 1) -> None:
        self._fault("slow", path, method=method, seconds=seconds, times=times)

    def cuts(self, path: str, *, method: str = "*", times: int = 1) -> None:
        """Reset the connection before anything happened."""
        self._fault("reset_before", path, method=method, times=times)

    def cuts_after(self, path: str, *, method: str = "*", times: int = 1) -> None:
        """Reset the connection when everything had happened."""
        self._fault("reset_after", path, method=method, times=times)

    def _fault(self, kind: str, path: str, **detail: Any) -> None:
        self.act("add_fault", kind=kind, path=path, **detail)

    def clears_faults(self) -> None:
        self.act("clear_faults")

    def disturbs_hooks(self, kind: str, *, times: int = 1, seconds: float = 0.0, event: str = "*") -> None:
        """The next deliveries are `duplicate`, `delay`, `reorder` or `drop`."""
        self.act("disturb_hooks", kind=kind, times=times, seconds=seconds, event=event)

    def redelivers(self, delivery: int) -> Json:
        return self._json("redeliver", delivery=delivery)

    def token(self, *, repo: str = DEFAULT_REPO, permissions: Mapping[str, str] | None = None) -> str:
        """An installation token, for git or curl in a test."""
        wanted = dict(permissions) if permissions else None
        return str(self.act("mint_token", repo=repo, permissions=wanted)["token"])

    # -- looking --------------------------------------------------------------------------------

    def sees_pulls(self, *, repo: str = DEFAULT_REPO) -> list[Json]:
        return self._list("see_pulls", repo=repo)

    def sees_pull(self, number: int = 1, *, repo: str = DEFAULT_REPO) -> Json:
        """With `files` (path, status, patch, mode, content at the head) and `commit_list`."""
        return self._json("see_pull", repo=repo, number=number)

    def sees_comments(self, number: int = 1, *, repo: str = DEFAULT_REPO) -> list[Json]:
        """With `author`, `reacted` and `edits`, issue and review comments together, oldest first."""
        return self._list("see_comments", repo=repo, number=number)

    def sees_check_runs(self, *, ref: str | None = None, repo: str = DEFAULT_REPO) -> list[Json]:
        """With `history` (every update: at, status, conclusion, title, summary, text), `annotations`,
        `actions`."""
        return self._list("see_check_runs", repo=repo, ref=ref)

    def sees_branches(self, *, repo: str = DEFAULT_REPO) -> dict[str, str]:
        return self._json("see_branches", repo=repo)

    def sees_file(self, path: str, *, ref: str | None = None, repo: str = DEFAULT_REPO) -> str:
        return str(self.act("see_file", repo=repo, path=path, ref=ref)["content"])

    def sees_requests(self) -> list[Json]:
        return self._list("see_requests")

    def sees_deliveries(self) -> list[Json]:
        return self._list("see_deliveries")

    def sees_limits(self) -> Json:
        return self._json("see_limits")

    def sees_state(self) -> Json:
        return self._json("see_state")

    def sees_trouble(self) -> Json:
        """`unknown_routes` and `broken_contracts`: both are empty when everybody spoke GitHub's language."""
        return self._json("see_trouble")

    def until_hooks_are_idle(self, *, seconds: float = 10.0) -> None:
        self.until(lambda: self.sees_state()["webhook"]["idle"] or None, seconds=seconds)

    def _json(self, name: str, /, **arguments: Any) -> Json:
        result: Json = self.act(name, **arguments)
        return result

    def _list(self, name: str, /, **arguments: Any) -> list[Json]:
        result: list[Json] = self.act(name, **arguments)
        return result
