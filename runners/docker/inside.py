"""The small programs that run inside containers: how a step begins, and how its process tree ends."""

from __future__ import annotations

import secrets
from typing import NewType

from bot.actions.model import Command
from runners.docker.profile import INIT, WORKSPACE

Mark = NewType("Mark", str)  # how a step's reaper is found again among the processes of a box

CANNOT_START = 126
ARGUMENT_BYTES = 128 * 1024 - 1  # the kernel's MAX_ARG_STRLEN
ARGUMENTS_BYTES = 1024 * 1024  # half of what the kernel takes: the environment needs room too

# $1 is the folder; the rest is the command. `cd -P` makes PWD the place that it really is.
_BEGIN = (  # noqa: UP032 - shell and f-strings fight over braces
    'cd -P -- "{workspace}/$1" 2>/dev/null || '
    '{{ printf "The folder %s does not exist in the workspace.\\n" "$1" >&2; exit {cannot}; }}; '
    "case $PWD/ in {workspace}/*) ;; *) "
    'printf "The folder %s leads out of the workspace.\\n" "$1" >&2; exit {cannot} ;; esac; '
    'shift; exec "$@"'
).format(workspace=WORKSPACE, cannot=CANNOT_START)

# A step's reaper is a subreaper: whatever its processes do (double fork, setsid, an empty environment), they
# stay below it. It is stopped first, because it would end with its child and let the others go.
END = """
look() {
  all=
  for folder in /proc/[0-9]*; do
    state= parent=
    while read -r key value rest; do
      case $key in State:) state=$value ;; PPid:) parent=$value; break ;; esac
    done <"$folder/status"
    case $state in ''|Z|X) ;; *) all="$all ${folder#/proc/}:$parent" ;; esac
  done
}
below() {
  look
  tree=" $1 " more=1
  while [ "$more" ]; do
    more=
    for pair in $all; do
      pid=${pair%:*}
      case $tree in *" $pid "*) continue ;; esac
      case $tree in *" ${pair#*:} "*) tree="$tree$pid " more=1 ;; esac
    done
  done
  tree=${tree#" $1 "}
}
reaper=
look
for pair in $all; do
  pid=${pair%:*}
  [ "${pair#*:}" = 0 ] && [ "$pid" != 1 ] && [ "$pid" != $$ ] || continue
  IFS= read -r line <"/proc/$pid/cmdline"
  case $line in *": $1;"*) reaper=$pid ;; esac
done
[ "$reaper" ] || exit 3
kill -STOP "$reaper"
seen=
round=0
while [ $round -lt 200 ]; do
  below "$reaper"
  [ "$tree" ] || { kill -KILL "$reaper"; exit 0; }
  kill -STOP $tree
  [ "$tree" != "$seen" ] || kill -KILL $tree
  seen=$tree
  round=$((round + 1))
done
exit 4
"""


def new_mark() -> Mark:
    return Mark("step-" + secrets.token_hex(8))


def begin(command: Command, mark: Mark) -> tuple[str, ...]:
    """The argv that runs a command under its own reaper, which exits as the command did (signal: 128+n)."""
    return (INIT, "-s", "--", "/bin/sh", "-c", f": {mark}; {_BEGIN}", "sh", command.cwd, *command.argv)


def end(mark: Mark) -> tuple[str, ...]:
    """The argv that ends everything that the marked step started. 0: nothing of it is left."""
    return ("/bin/sh", "-c", END, "sh", mark)


def objection(command: Command) -> str | None:
    """Why the kernel would not start this, as a sentence; None when it would."""
    if not command.argv:
        return "The command is empty."
    words = [*command.argv, *(f"{name}={value}" for name, value in command.env.items())]
    if any("\0" in word for word in (*words, command.cwd)):
        return "A command cannot hold a NUL character."
    sizes = [len(word.encode(errors="surrogateescape")) + 1 for word in words]
    if max(sizes) > ARGUMENT_BYTES or sum(sizes) > ARGUMENTS_BYTES:
        return "The command is too long for one command line. Put it into a file and run that."
    return None
