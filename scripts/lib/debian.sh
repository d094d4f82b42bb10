# shellcheck shell=bash disable=SC2034,SC2016
# A container image from Debian's packages, for machines that reach no registry.

# The sources this machine's own apt trusts, without those of third parties.
debian_sources() {
  apt-get indextargets --format '$(ORIGIN)|deb $(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    sed -n -E 's/^(Debian|Debian-Security|Ubuntu)\|//p' | sort -u
}

# debian_image NAME PACKAGES FINISH CHANGE…: the packages, then the script FINISH, then `docker import`.
debian_image() {
  local image=$1 packages=$2 finish=$3 change changes=()
  shift 3
  for change in "$@"; do changes+=(--change "$change"); done
  MISSING=()
  need mmdebstrap mmdebstrap
  install_missing
  [ -n "$(debian_sources)" ] || apt_get update || true
  # shellcheck disable=SC1091
  . /etc/os-release
  debian_sources >"$STATE/sources.list"
  if ! as_root mmdebstrap --quiet --variant=essential --include="$(included "$packages")" \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --aptopt='APT::Sandbox::User "root"' \
    --customize-hook="$PWD/$finish" \
    "$VERSION_CODENAME" - "$STATE/sources.list" 2>"$STATE/image.log" |
    "$DOCKER" import "${changes[@]}" - "$image" >>"$STATE/image.log" 2>&1; then
    "$DOCKER" image rm --force "$image" >/dev/null 2>&1 || true
    tell_failure "$image"
  fi
}

included() {
  sed -E 's/#.*//; /^\s*$/d' "$1" | paste -sd, -
}
