# shellcheck shell=bash disable=SC2034,SC2016
# Debian packages: which are missing, and one apt-get call that brings them.

MISSING=()

# need PROGRAM PACKAGE…: remember the packages unless the program is there.
need() {
  local program=$1
  shift
  command -v "$program" >/dev/null 2>&1 || MISSING+=("$@")
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo -- "$@"
  fi
}

# A password may be asked for, but only where somebody can type one.
can_be_root() {
  [ "$(id -u)" = 0 ] && return 0
  command -v sudo >/dev/null 2>&1 || return 1
  sudo -n true 2>/dev/null && return 0
  [ -t 0 ] && [ -z "${CI:-}" ] && sudo -v
}

# Package scripts start services and enable them for the next boot. We want the programs only.
hold_services() {
  [ -e /usr/sbin/policy-rc.d ] && return 0
  printf '#!/bin/sh\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
  as_root chmod 755 /usr/sbin/policy-rc.d
  trap release_services EXIT
}

release_services() {
  as_root rm -f /usr/sbin/policy-rc.d
  trap - EXIT
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300 "$@" \
    >>"$STATE/apt.log" 2>&1 </dev/null
}

install_missing() {
  [ ${#MISSING[@]} -eq 0 ] && return 0
  local names="${MISSING[*]}"
  command -v apt-get >/dev/null 2>&1 ||
    fail "Missing here: $names. I can install them only on Debian or Ubuntu: please install them with your system's package tool, then try again."
  can_be_root ||
    fail "Missing here: $names. I need root to install them: run \`sudo apt-get install --no-install-recommends $names\`, then try again."
  say "Installing $names with apt-get"
  : >"$STATE/apt.log"
  hold_services
  # The package lists of a fresh machine are empty, those of an old one name files that are gone.
  if ! apt_get install --no-install-recommends "${MISSING[@]}"; then
    apt_get update || true
    apt_get install --no-install-recommends "${MISSING[@]}" ||
      fail "apt-get could not install $names ($(grep -m1 '^E:' "$STATE/apt.log" || echo 'no reason given')). Check the network and the package sources; the whole story is in $STATE/apt.log."
  fi
  release_services
  stay_off_after_boot "${MISSING[@]}"
  MISSING=()
}

# wish PROGRAM: what only some systems have a package for; tests that want it are skipped without.
wish() {
  command -v "$1" >/dev/null 2>&1 && return 0
  can_be_root || return 0
  apt_get install --no-install-recommends "$1" || { apt_get update && apt_get install --no-install-recommends "$1"; } ||
    say "There is no package \`$1\` here: its tests are skipped."
}

# The demo and the tests start their own Redis and Postgres on private sockets.
stay_off_after_boot() {
  [ -d /run/systemd/system ] || return 0
  local name
  for name in "$@"; do
    case $name in
      redis-server | postgresql) as_root systemctl disable --quiet "$name" 2>>"$STATE/apt.log" || true ;;
    esac
  done
}
