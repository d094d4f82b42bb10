# shellcheck shell=bash disable=SC2034,SC2016
# Python: an interpreter of this machine, uv, and the locked dependencies in .venv.

OLDEST_UV=0.8.0 # the first that reads our lock file's revision

new_enough_python() {
  "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
  local name
  for name in python3 /usr/bin/python3 python3.14 python3.13 python3.12 python3.11; do
    if new_enough_python "$name"; then
      command -v "$name"
      return 0
    fi
  done
  return 1
}

find_uv() {
  local uv
  for uv in "$STATE/uv/bin/uv" uv; do
    command -v "$uv" >/dev/null 2>&1 || continue
    if printf '%s\n%s\n' "$OLDEST_UV" "$("$uv" --version | cut -d' ' -f2)" | sort -VC; then
      echo "$uv"
      return 0
    fi
  done
  return 1
}

# Where python3 is older than we need, as on Ubuntu 22.04, a newer one has a package of its own.
python_package() {
  local version
  version=$(candidate python3)
  [ -n "$version" ] || { can_be_root && apt_get update && version=$(candidate python3); } || true
  if printf '3.11\n%s\n' "$version" | sort -VC || [ -z "$(candidate python3.11)" ]; then
    echo python3
  else
    echo python3.11
  fi
}

candidate() {
  LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9].*\)/\1/p'
}

need_python() {
  local python
  if ! python=$(find_python); then
    python=$(python_package)
    MISSING+=("$python" "$python-venv" ca-certificates)
  elif ! find_uv >/dev/null && ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    MISSING+=("$("$python" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')" ca-certificates)
  fi
}

install_uv() {
  say "Installing uv into $STATE/uv"
  local python
  python=$(find_python)
  "$python" -m venv --clear "$STATE/uv" >"$STATE/uv.log" 2>&1 ||
    fail "Python could not make a virtual environment: install python3-venv, then try again. The reason is in $STATE/uv.log."
  "$STATE/uv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
    --require-hashes -r images/uv.txt >>"$STATE/uv.log" 2>&1 ||
    fail "pip could not install uv: check the network, or install uv yourself and put it on PATH. The reason is in $STATE/uv.log."
}

install_dependencies() {
  local python
  python=$(find_python) ||
    fail "Python 3.11 or newer is missing, and this system's packages have none: install it, then try again."
  find_uv >/dev/null || install_uv
  # The machine's interpreter and the machine's certificates: uv brings neither.
  export UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1
  if [ -z "${SSL_CERT_FILE:-}" ] && [ -r /etc/ssl/certs/ca-certificates.crt ]; then
    export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
  fi
  [ -x .venv/bin/python ] || say "Installing the locked dependencies into .venv"
  [ -x .venv/bin/python ] || set -- --python "$python"
  [ "${WANTED:-}" != bench ] || set -- --group bench "$@"
  # Compiled once: where Python may write no bytecode, every process would compile 500 modules at its start.
  [ .venv/.compiled -nt uv.lock ] || set -- --compile-bytecode "$@"
  "$(find_uv)" sync --locked --quiet "$@" >"$STATE/sync.log" 2>&1 ||
    fail "uv could not install the locked dependencies ($(grep -m1 -i 'error' "$STATE/sync.log" || echo 'no reason given')). Check the network; the whole story is in $STATE/sync.log."
  touch .venv/.compiled
}
