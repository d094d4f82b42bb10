"""Repositories as a whole: branches, commits, comparisons, contents, collaborators."""

from __future__ import annotations

import base64
import mimetypes

from playground.github import shapes
from playground.github.answers import Answer, Call, Json, Refused, not_found, page_of
from playground.github.pulls import diff_entry
from playground.github.state import ROLES
from playground.github.store import EMPTY_TREE, TreeItem

# What GitHub's old `permission` field folds a role into.
FOLDED = {"maintain": "write", "triage": "read"}


def get(call: Call) -> Answer:
    return Answer(200, shapes.full_repository(call.world, call.repo))


# -- branches and commits ----------------------------------------------------------------------------


def branches(call: Call) -> Answer:
    found = list(call.repo.store.branches().items())
    some, headers = page_of(call, found, f"/repos/{call.repo.full_name}/branches")
    api = shapes.repo_url(call.world, call.repo)
    listing = [
        {"name": name, "commit": {"sha": sha, "url": f"{api}/commits/{sha}"}, "protected": False}
        for name, sha in some
    ]
    return Answer(200, listing, headers)


def branch(call: Call) -> Answer:
    name, store = call.params["branch"], call.repo.store
    commit = store.commit(store.branch(name) or "")
    if commit is None:
        raise Refused(404, "Branch not found")
    api = f"{shapes.repo_url(call.world, call.repo)}/branches/{name}"
    html = f"{call.world.url}/{call.repo.full_name}/tree/{name}"
    protection = {
        "enabled": False,
        "required_status_checks": {"enforcement_level": "off", "contexts": [], "checks": []},
    }
    return Answer(
        200,
        {
            "name": name,
            "commit": shapes.commit(call.world, call.repo, commit),
            "_links": {"self": api, "html": html},
            "protected": False,
            "protection": protection,
            "protection_url": f"{api}/protection",
        },
    )


def commits(call: Call) -> Answer:
    store = call.repo.store
    start = store.resolve(call.query.get("sha") or call.repo.default_branch)
    if start is None:
        raise not_found()
    path = f"/repos/{call.repo.full_name}/commits"
    some, headers = page_of(call, list(store.history(start)), path)
    read = (store.commit(sha) for sha in some)
    return Answer(200, [shapes.commit(call.world, call.repo, commit) for commit in read if commit], headers)


def commit(call: Call) -> Answer:
    store = call.repo.store
    sha = store.resolve(call.params["ref"])
    found = store.commit(sha or "")
    if sha is None or found is None:
        raise Refused(422, f"No commit found for SHA: {call.params['ref']}")
    accept = call.headers.get("accept", "")
    if accept.endswith(".sha"):
        return Answer(200, sha.encode(), {"content-type": "application/vnd.github.sha; charset=utf-8"})
    base = found.parents[0].decode() if found.parents else EMPTY_TREE
    if accept.endswith(".diff"):
        return Answer(
            200, store.diff_text(base, sha), {"content-type": "application/vnd.github.diff; charset=utf-8"}
        )
    files = store.diff(base, sha)
    added, deleted = sum(f.additions for f in files), sum(f.deletions for f in files)
    shape = shapes.commit(call.world, call.repo, found)
    shape["stats"] = {"total": added + deleted, "additions": added, "deletions": deleted}
    shape["files"] = [diff_entry(call.world, call.repo, file, at=sha) for file in files]
    return Answer(200, shape)


def compare(call: Call) -> Answer:
    store, basehead = call.repo.store, call.params["basehead"]
    base_name, dots, head_name = basehead.partition("...")
    base, head = _resolved(call, base_name), _resolved(call, head_name)
    if not dots or base is None or head is None:
        raise not_found()
    start = store.merge_base(base, head)
    if start is None:
        raise Refused(404, f"No common ancestor between {base_name} and {head_name}.")
    ahead = list(store.history(head, without=base))[::-1] if head != base else []
    behind = list(store.history(base, without=head)) if head != base else []
    status = {
        (False, False): "identical",
        (True, False): "ahead",
        (False, True): "behind",
        (True, True): "diverged",
    }[bool(ahead), bool(behind)]

    def shown(sha: str) -> Json:
        found = store.commit(sha)
        if found is None:
            raise not_found()
        return shapes.commit(call.world, call.repo, found)

    if "diff" in call.headers.get("accept", ""):
        text = store.diff_text(start, head)
        return Answer(200, text, {"content-type": "application/vnd.github.diff; charset=utf-8"})
    html = f"{call.world.url}/{call.repo.full_name}/compare/{basehead}"
    some, headers = page_of(call, ahead, f"/repos/{call.repo.full_name}/compare/{basehead}")
    return Answer(
        200,
        {
            "url": f"{shapes.repo_url(call.world, call.repo)}/compare/{basehead}",
            "html_url": html,
            "permalink_url": html,
            "diff_url": f"{html}.diff",
            "patch_url": f"{html}.patch",
            "base_commit": shown(base),
            "merge_base_commit": shown(start),
            "status": status,
            "ahead_by": len(ahead),
            "behind_by": len(behind),
            "total_commits": len(ahead),
            "commits": [shown(sha) for sha in some],
            "files": [diff_entry(call.world, call.repo, f, at=head) for f in store.diff(start, head)],
        },
        headers,
    )


def _resolved(call: Call, name: str) -> str | None:
    """A revision of a comparison; `owner:branch` means that owner's fork."""
    owner, colon, branch_name = name.partition(":")
    if not colon:
        return call.repo.store.resolve(name)
    if owner.lower() == call.repo.owner.login.lower():
        return call.repo.store.resolve(branch_name)
    for fork in call.world.repositories.values():
        if fork.parent is call.repo and fork.owner.login.lower() == owner.lower():
            sha = fork.store.branch(branch_name)
            return sha if sha and call.repo.store.commit(sha) else None
    return None


# -- contents ----------------------------------------------------------------------------------------


def contents(call: Call) -> Answer:
    store, path = call.repo.store, call.params.get("path", "").strip("/")
    ref = call.query.get("ref") or call.repo.default_branch
    sha = store.resolve(ref)
    if sha is None:
        raise Refused(404, f"No commit found for the ref {ref}")
    item = store.lookup(store.tree_of(sha) or "", path)
    if item is None:
        raise not_found()
    if item.kind == "tree":
        inside = (TreeItem(f"{path}/{i.path}".lstrip("/"), i.mode, i.sha) for i in store.tree_items(item.sha))
        return Answer(200, [_content_shape(call, one, ref) for one in inside])
    if "raw" in call.headers.get("accept", ""):
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        return Answer(
            200, store.blob(item.sha) or b"", {"content-type": f"application/vnd.github.raw+{kind}"}
        )
    shape = _content_shape(call, item, ref)
    content = store.blob(item.sha) or b""
    if shape["type"] == "symlink":
        return Answer(200, {**shape, "target": content.decode(errors="replace")})
    return Answer(200, {**shape, "encoding": "base64", "content": base64.encodebytes(content).decode()})


def _content_shape(call: Call, item: TreeItem, ref: str) -> Json:
    repo, world = call.repo, call.world
    kind = {"tree": "dir", "commit": "submodule"}.get(
        item.kind, "symlink" if item.mode == "120000" else "file"
    )
    api = f"{shapes.repo_url(world, repo)}/contents/{item.path}?ref={ref}"
    word = "tree" if kind == "dir" else "blob"
    git = f"{shapes.repo_url(world, repo)}/git/{word}s/{item.sha}"
    html = f"{world.url}/{repo.full_name}/{word}/{ref}/{item.path}"
    raw = f"{world.url}/{repo.full_name}/raw/{ref}/{item.path}"
    return {
        "name": item.path.rpartition("/")[2],
        "path": item.path,
        "sha": item.sha,
        "size": len(repo.store.blob(item.sha) or b"") if item.kind == "blob" else 0,
        "url": api,
        "html_url": html,
        "git_url": git,
        "download_url": raw if kind in {"file", "symlink"} else None,
        "type": kind,
        "_links": {"self": api, "git": git, "html": html},
    }


# -- people ------------------------------------------------------------------------------------------


def permission(call: Call) -> Answer:
    who = call.world.accounts.get(call.params["username"].lower())
    if who is None:
        raise Refused(404, f"{call.params['username']} is not a user")
    role = call.repo.role_of(who.login)
    rank = ROLES.index(role)
    rights = {
        "pull": rank >= 1,
        "triage": rank >= 2,
        "push": rank >= 3,
        "maintain": rank >= 4,
        "admin": rank >= 5,
    }
    shape = {**shapes.user(call.world, who), "permissions": rights, "role_name": role}
    return Answer(200, {"permission": FOLDED.get(role, role), "role_name": role, "user": shape})
