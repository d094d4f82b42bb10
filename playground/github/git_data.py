"""The Git Data API: refs, blobs, trees and commits."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime

from playground.github import shapes
from playground.github.answers import Answer, Call, Json, Refused, not_found, page_of, unprocessable
from playground.github.auth import forbidden
from playground.github.callers import actor, token_of
from playground.github.pushing import WORKFLOWS, Move, move_ref, refuse_workflow_change
from playground.github.state import now
from playground.github.store import NO_SHA, Signature, TreeItem

# GitHub signs with its own key what an App commits without naming an author; this stands for that signature.
PLATFORM_SIGNATURE = b"-----BEGIN PGP SIGNATURE-----\n\nplayground\n-----END PGP SIGNATURE-----"
PLATFORM = ("GitHub", "noreply@github.com")
MODES = {"100644": "blob", "100755": "blob", "120000": "blob", "040000": "tree", "160000": "commit"}


# -- refs --------------------------------------------------------------------------------------------


def _ref_shape(call: Call, name: str, sha: str) -> Json:
    api = f"{shapes.repo_url(call.world, call.repo)}/git"
    return {
        "ref": name,
        "node_id": shapes.node_id("Ref", f"{call.repo.id}:{name}"),
        "url": f"{api}/{name}",
        "object": {"type": "commit", "sha": sha, "url": f"{api}/commits/{sha}"},
    }


def ref_get(call: Call) -> Answer:
    name = f"refs/{call.params['ref']}"
    sha = call.repo.store.ref(name)
    if sha is None:
        raise not_found()
    return Answer(200, _ref_shape(call, name, sha))


def ref_matching(call: Call) -> Answer:
    found = list(call.repo.store.refs(f"refs/{call.params['ref']}").items())
    path = f"/repos/{call.repo.full_name}/git/matching-refs/{call.params['ref']}"
    some, headers = page_of(call, found, path)
    return Answer(200, [_ref_shape(call, name, sha) for name, sha in some], headers)


def ref_create(call: Call) -> Answer:
    name, sha, store = call.body["ref"], call.body["sha"], call.repo.store
    if not name.startswith("refs/") or name.count("/") < 2 or not _well_formed(name):
        raise unprocessable("Reference name is not valid. It must start with refs/ and have two slashes.")
    if store.commit(sha) is None:
        raise unprocessable("Object does not exist")
    if store.ref(name) is not None:
        raise unprocessable("Reference already exists")
    if any(f"{name}/" == other[: len(name) + 1] or name.startswith(f"{other}/") for other in store.refs()):
        raise unprocessable("Reference update failed")
    move = Move(call.repo, name, NO_SHA, sha)
    refuse_workflow_change(move, token_of(call).permissions)
    move_ref(call.world, move, sender=actor(call))
    link = f"{shapes.repo_url(call.world, call.repo)}/git/{name}"
    return Answer(201, _ref_shape(call, name, sha), {"Location": link})


def _well_formed(name: str) -> bool:
    """`git check-ref-format`, in short."""
    bad = any(piece in name for piece in ("..", "//", "@{", "\\", " ", "~", "^", ":", "?", "*", "["))
    ends = name.endswith(("/", ".", ".lock"))
    return not bad and not ends and not any(part.startswith(".") for part in name.split("/"))


def ref_update(call: Call) -> Answer:
    name, sha, store = f"refs/{call.params['ref']}", call.body["sha"], call.repo.store
    old = store.ref(name)
    if old is None:
        raise unprocessable("Reference does not exist")
    if store.commit(sha) is None:
        raise unprocessable("Object does not exist")
    if not call.body.get("force") and not store.is_ancestor(old, sha):
        raise unprocessable("Update is not a fast forward")
    move = Move(call.repo, name, old, sha)
    refuse_workflow_change(move, token_of(call).permissions)
    if old != sha:
        move_ref(call.world, move, sender=actor(call))
    return Answer(200, _ref_shape(call, name, sha))


def ref_delete(call: Call) -> Answer:
    name = f"refs/{call.params['ref']}"
    old = call.repo.store.ref(name)
    if old is None:
        raise unprocessable("Reference does not exist")
    if name == f"refs/heads/{call.repo.default_branch}":
        raise unprocessable("Cannot delete the default branch")
    move_ref(call.world, Move(call.repo, name, old, NO_SHA), sender=actor(call))
    return Answer(204)


# -- blobs -------------------------------------------------------------------------------------------


def blob_get(call: Call) -> Answer:
    sha = call.params["file_sha"]
    content = call.repo.store.blob(sha)
    if content is None:
        raise not_found()
    if "raw" in call.headers.get("accept", ""):
        return Answer(200, content, {"content-type": "application/vnd.github.raw; charset=utf-8"})
    api = f"{shapes.repo_url(call.world, call.repo)}/git/blobs/{sha}"
    return Answer(
        200,
        {
            "sha": sha,
            "node_id": shapes.node_id("Blob", sha),
            "size": len(content),
            "url": api,
            "content": base64.encodebytes(content).decode(),
            "encoding": "base64",
        },
    )


def blob_create(call: Call) -> Answer:
    content, encoding = call.body["content"], call.body.get("encoding", "utf-8")
    if encoding == "base64":
        try:
            data = base64.b64decode(content)
        except binascii.Error as error:
            raise unprocessable("Content is not valid base64") from error
    elif encoding == "utf-8":
        data = content.encode()
    else:
        raise unprocessable(f"Unknown encoding: {encoding}")
    sha = call.repo.store.write_blob(data)
    url = f"{shapes.repo_url(call.world, call.repo)}/git/blobs/{sha}"
    return Answer(201, {"sha": sha, "url": url}, {"Location": url})


# -- trees -------------------------------------------------------------------------------------------


def _tree_shape(call: Call, sha: str, items: list[TreeItem]) -> Json:
    api, store = f"{shapes.repo_url(call.world, call.repo)}/git", call.repo.store
    entries = []
    for item in items:
        entry: Json = {"path": item.path, "mode": item.mode, "type": item.kind, "sha": item.sha}
        if item.kind == "blob":
            entry["size"] = len(store.blob(item.sha) or b"")
        if item.kind != "commit":
            entry["url"] = f"{api}/{item.kind}s/{item.sha}"
        entries.append(entry)
    return {"sha": sha, "url": f"{api}/trees/{sha}", "tree": entries, "truncated": False}


def tree_get(call: Call) -> Answer:
    store, asked = call.repo.store, call.params["tree_sha"]
    tree = store.tree_of(store.resolve(asked) or asked)
    if tree is None:
        raise not_found()
    # Any value of `recursive` means yes, even 0 and false: GitHub says so itself.
    items = store.tree_recursive(tree) if "recursive" in call.query else store.tree_items(tree)
    return Answer(200, _tree_shape(call, tree, items))


def tree_create(call: Call) -> Answer:
    store, base = call.repo.store, call.body.get("base_tree")
    base_tree = store.tree_of(base) if base else None
    if base and base_tree is None:
        raise unprocessable("base_tree is not a valid tree")
    entries = [_entry(call, entry, base_tree) for entry in call.body["tree"]]
    if not entries:
        raise unprocessable("Invalid tree info")
    sha = store.write_tree(base_tree, entries)
    return Answer(201, _tree_shape(call, sha, store.tree_items(sha)))


def _entry(call: Call, entry: Json, base_tree: str | None) -> tuple[str, str, str | None]:
    store = call.repo.store
    path, mode = entry.get("path") or "", entry.get("mode", "100644")
    parts = path.split("/")
    if not path or any(part in {"", ".", ".."} or part.lower() == ".git" for part in parts):
        raise unprocessable("tree.path contains a malformed path component")
    if mode not in MODES:
        raise unprocessable(f"Must supply a valid tree.mode, not {mode}")
    if "content" in entry and "sha" in entry:
        raise unprocessable("Must not supply both tree.sha and tree.content")
    if f"{path}/".startswith(f"{WORKFLOWS}/") and token_of(call).permissions.get("workflows") != "write":
        raise forbidden()
    if "content" in entry:
        return path, mode, store.write_blob(entry["content"].encode())
    sha = entry.get("sha")
    if sha is None:
        if base_tree is None or store.lookup(base_tree, path) is None:
            raise unprocessable("GitRPC::BadObjectState")
        return path, mode, None
    known = store.read(sha)
    if MODES[mode] != "commit" and (known is None or known.type_name.decode() != MODES[mode]):
        raise unprocessable(f"tree.sha {sha} is not a valid {MODES[mode]}")
    return path, mode, sha


# -- commits -----------------------------------------------------------------------------------------


def commit_get(call: Call) -> Answer:
    commit = call.repo.store.commit(call.params["commit_sha"])
    if commit is None:
        raise not_found()
    return Answer(200, shapes.git_commit(call.world, call.repo, commit))


def commit_create(call: Call) -> Answer:
    body, store = call.body, call.repo.store
    tree = store.tree_of(body["tree"])
    if tree is None or tree != body["tree"]:
        raise unprocessable("Tree SHA does not exist")
    parents = body.get("parents") or []
    for parent in parents:
        if store.commit(parent) is None:
            raise unprocessable("Parent SHA does not exist or is not a commit object")
    author, committer, own_words = _people(call)
    sha = store.write_commit(
        tree,
        parents=parents,
        message=body["message"],
        author=author,
        committer=committer,
        signature=None if own_words else PLATFORM_SIGNATURE,
    )
    commit = store.commit(sha)
    if commit is None:
        raise Refused(500, "The commit was written and cannot be read.")
    shape = shapes.git_commit(call.world, call.repo, commit)
    return Answer(201, shape, {"Location": shape["url"]})


def _people(call: Call) -> tuple[Signature, Signature, bool]:
    """Author and committer, and whether the caller named either (then GitHub does not sign)."""
    bot, clock = actor(call), now()
    named = call.body.get("author") or call.body.get("committer")
    mine = Signature(bot.login, f"{bot.id}+{bot.login}@users.noreply.github.com", clock)
    if not named:
        return mine, Signature(*PLATFORM, clock), False
    author = _signature(call.body.get("author")) or mine
    committer = _signature(call.body.get("committer")) or author
    return author, committer, True


def _signature(person: Json | None) -> Signature | None:
    if not person:
        return None
    when = person.get("date")
    try:
        at = datetime.fromisoformat(when.replace("Z", "+00:00")) if when else now()
    except ValueError as error:
        raise unprocessable(f"{when} is not a valid date-time.") from error
    return Signature(person["name"], person["email"], at)
