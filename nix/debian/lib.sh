# Shared by ./fetch and ./relock: how to speak to people, to Nix and to the Debian mirror.
# shellcheck shell=bash
note() { echo "${0##*/}: $*" >&2; }
die() { echo "${0##*/}: error: $*" >&2; exit "${code:-1}"; }

# shellcheck source=nix/nixw/host.sh
. "$(dirname "${BASH_SOURCE[0]}")/../nixw/host.sh"
export NIX_CONFIG="${NIX_CONFIG:-}
extra-experimental-features = nix-command flakes"
# As nixw does.
in_force=$(settings || true) built_in=$(built_in_settings || true)
if builds_as_root; then NIX_CONFIG="build-users-group ="$'\n'$NIX_CONFIG; fi

nix_eval() { # nix_eval EXPRESSION: a string, without quotes
  # What is pinned is in files: no network is needed, nor the warning that there is none.
  nix --offline eval --impure --raw --expr "$1"
}

debian_mirror() { # the base address of this host's Debian mirror, without a trailing slash
  local uri=${DEBIAN_MIRROR:-}
  if [ -z "$uri" ] && command -v apt-get >/dev/null; then
    # shellcheck disable=SC2016 # apt's own words
    # A mirror that serves Debian itself, not its security archive or another vendor's packages.
    uri=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' 'Created-By: Packages' |
      awk '$2 == "Debian" && $3 == "Debian" { print $1; exit }')
  fi
  [ -n "$uri" ] || die "no Debian mirror is configured here: apt names none (run apt-get update once), and DEBIAN_MIRROR is not set"
  echo "${uri%/}"
}

debian_arch() {
  case $1 in
    x86_64-linux) echo amd64 ;;
    aarch64-linux) echo arm64 ;;
    *) die "the Debian kit builds on x86_64-linux and aarch64-linux, not on $1" ;;
  esac
}

seed_folder() { # seed_folder DEB FOLDER: FOLDER becomes the seed, bin/busybox, with fixed modes
  local tree=$2.tree
  mkdir -p "$2/bin" "$tree"
  dpkg-deb -x "$1" "$tree" || return
  mv "$tree/usr/bin/busybox" "$2/bin/busybox"
  chmod 755 "$2" "$2/bin" "$2/bin/busybox"
  rm -rf "$tree"
}
