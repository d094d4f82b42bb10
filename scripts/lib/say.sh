# shellcheck shell=bash disable=SC2034,SC2016
# How the scripts speak: one clear line for what is done, one for what is missing.

say() { printf '%s\n' "· $*"; }

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# What the scripts leave behind: logs, the private uv, the pid of an engine they started.
STATE=.state
