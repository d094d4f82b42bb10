# shellcheck shell=bash disable=SC2034,SC2016
# The Docker engine: one that answers is left alone, a missing one is installed and started.

DOCKER=docker

# A client may be newer or older than the engine and refuse it; Debian's own fits Debian's engine.
docker_answers() {
  local client
  for client in docker /usr/bin/docker; do
    if "$client" version --format '{{.Server.Version}}' >/dev/null 2>&1; then
      DOCKER=$client
      return 0
    fi
  done
  return 1
}

# Since version 23 the client builds by a plug-in, buildx, that may be missing; older ones can by themselves.
building_client() {
  local client
  for client in "$DOCKER" /usr/bin/docker; do
    if "$client" buildx version >/dev/null 2>&1 ||
      [ "$("$client" version --format '{{.Client.Version}}' 2>/dev/null | cut -d. -f1)" -lt 23 ] 2>/dev/null; then
      echo "$client"
      return 0
    fi
  done
  fail "This Docker client cannot build images: install its package docker-buildx-plugin (on Debian, docker-buildx), then try again."
}

need_docker() {
  docker_answers && return 0
  if [ -n "${DOCKER_HOST:-}" ]; then
    command -v docker >/dev/null 2>&1 ||
      fail "DOCKER_HOST is set, but there is no \`docker\` client here: install one, or unset DOCKER_HOST and I will use this machine's own engine."
    fail "No Docker engine answers at DOCKER_HOST=$DOCKER_HOST: start that engine, or unset DOCKER_HOST and I will use this machine's own."
  fi
  need dockerd docker.io iptables
  [ -x /usr/sbin/iptables ] || [ ${#MISSING[@]} -gt 0 ] || MISSING+=(iptables)
}

# A machine or container that was switched off leaves the pid of an engine that is gone.
forget_dead_engine() {
  local pid
  pid=$(cat /var/run/docker.pid 2>/dev/null) || return 0
  [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ] || as_root rm -f /var/run/docker.pid
}

start_by_hand() {
  forget_dead_engine
  local gvisor=()
  command -v runsc >/dev/null 2>&1 && gvisor=(--add-runtime "runsc=$PWD/scripts/runsc")
  # The socket belongs to the group of the person who asked, so that their next command needs no root.
  as_root sh -c 'umask 022; log=$1; shift; exec setsid nohup dockerd "$@" >"$log" 2>&1 </dev/null &' \
    sh "$STATE/dockerd.log" --group "$(id -gn)" ${gvisor[@]+"${gvisor[@]}"}
}

# An engine that was started by the system answers the group `docker` only.
join_docker_group() {
  [ "$(id -u)" != 0 ] && getent group docker >/dev/null && as_root docker version >/dev/null 2>&1 || return 0
  id -nG | grep -qw docker && return 0
  if ! id -nG "$(id -un)" | grep -qw docker; then
    say "Adding you to the group docker, whose members may use the engine"
    as_root usermod -aG docker "$(id -un)"
  fi
  exec scripts/with-docker "$0" "$WANTED"
}

start_docker() {
  docker_answers && return 0
  can_be_root ||
    fail "No Docker engine answers you, and I need root to start one: run \`sudo systemctl start docker\` and \`sudo usermod -aG docker $(id -un)\`, log in again, then try again."
  join_docker_group
  say "Starting the Docker engine"
  if [ -d /run/systemd/system ]; then
    as_root systemctl start docker >"$STATE/dockerd.log" 2>&1 || true
    join_docker_group
  else
    start_by_hand
  fi
  wait_for_docker
}

wait_for_docker() {
  local _
  for _ in $(seq 1 300); do
    if docker_answers; then
      [ -d /run/systemd/system ] || cp /var/run/docker.pid "$STATE/dockerd.pid"
      return 0
    fi
    sleep 0.1
  done
  fail "The Docker engine did not come up in 30 s ($(grep -m1 -i 'failed to' "$STATE/dockerd.log" | tail -c 200)). The whole story is in $STATE/dockerd.log."
}
