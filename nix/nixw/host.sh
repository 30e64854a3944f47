# This host: whether the kits build on it, its Nix, and the settings of this call.
# shellcheck shell=bash disable=SC2034,SC2154 # variables of nixw and its other parts

supported_host() {
  local kernel machine
  kernel=$(uname -s) machine=$(uname -m)
  case $kernel-$machine in
    Linux-x86_64 | Linux-aarch64) system=$machine-linux ;;
    *)
      die "this host is $kernel on $machine, and sarsen builds on Linux on x86_64 or aarch64:" \
        "use such a machine, a virtual one will do" ;;
  esac
}

find_nix() {
  command -v nix >/dev/null && return
  local profile
  for profile in /nix/var/nix/profiles/default "${HOME:-/root}/.nix-profile"; do
    if [ -x "$profile/bin/nix" ]; then PATH=$profile/bin:$PATH; return; fi
  done
  return 1
}
install_nix() {
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    die "no Nix here, and installing it needs root on a Debian system. Either run 'apt-get install nix-bin' as root," \
      "or install Nix as nixos.org/download describes"
  fi
  say "no Nix here: installing the distribution's nix-bin"
  local log why; log=$(scratch)
  install_package() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nix-bin >>"$log" 2>&1
  }
  # The package lists may be old or absent.
  install_package || { apt-get update -qq >>"$log" 2>&1 && install_package; } || {
    why=$(grep -E '^E:' "$log" | tail -n 1 || true); rm -f "$log"
    die "nix-bin could not be installed: ${why:-apt-get failed}. Install Nix by hand, then run this again"
  }
  rm -f "$log"
}

# Like Nix's own test: some address that is not this host's alone. Without one, each call of nix would warn.
has_network() {
  [ "$(wc -l < /proc/net/route)" -gt 1 ] || grep -qE '^[0-9a-f]+ [0-9a-f]+ [0-9a-f]+ 00 ' /proc/net/if_inet6 2>/dev/null
}

# Settings in force: the user's, of nix.conf and NIX_CONFIG, and Nix's built-in ones.
settings() { nix "${offline[@]}" config show 2>/dev/null || nix "${offline[@]}" show-config 2>/dev/null; }
# Why Nix rejects them, in one line.
refusal() {
  local why
  why=$(nix "${offline[@]}" config show 2>&1 >/dev/null || true)
  sed $'s/\e\\[[0-9;]*m//g; /^Try /d' <<< "$why" | tr -s ' \n' ' ' | sed 's/.*error: *//; s/ $//' | cut -c 1-300
}
new_enough() {
  local version
  # Without the user's settings, which may be what it stumbles over.
  version=$(NIX_CONF_DIR=/dev/null NIX_USER_CONF_FILES=/dev/null NIX_CONFIG='' nix --version 2>/dev/null || true)
  version=${version##* }
  if [[ $version =~ ^([0-9]+)\.([0-9]+) ]] && [ $((BASH_REMATCH[1] * 1000 + BASH_REMATCH[2])) -lt 2008 ]; then
    die "this host has Nix $version, and this checkout needs 2.8 or later: update Nix, or put a newer nix first in PATH"
  fi
}
value() { sed -n "s/^$2 = //p" <<< "$1"; }
# Whether the user left a setting as it is built in: only then it is nixw's to choose.
is_default() { [ "$(value "$in_force" "$1")" = "$(value "$built_in" "$1")" ]; }
choose_setting() { if is_default "$1"; then NIX_CONFIG="$1 = $2"$'\n'$NIX_CONFIG; fi; }

# Settings of this call. Lines before the user's NIX_CONFIG give way to it.
configure() {
  local flakes='extra-experimental-features = nix-command flakes' jobs
  jobs=$(nproc 2>/dev/null || echo 1)
  export NIX_CONFIG="${NIX_CONFIG:-}
$flakes"
  offline=(); has_network || offline=(--offline)
  new_enough
  in_force=$(settings) || die "Nix does not start with the settings of this host: $(refusal)"
  built_in=$(built_in_settings)
  through_daemon || choose_setting warn-dirty false
  choose_setting max-jobs $(( jobs < 2 ? 1 : jobs / 2 + (jobs == 2) ))
  choose_setting cores $(( jobs < 2 ? 1 : 2 ))
  # Debian's nix.conf switches the sandbox off.
  [ "$(value "$in_force" sandbox)" = true ] || NIX_CONFIG="sandbox = true"$'\n'$NIX_CONFIG
  builds_as_root || return 0
  NIX_CONFIG="build-users-group ="$'\n'$NIX_CONFIG
}
built_in_settings() {
  NIX_CONF_DIR=/dev/null NIX_USER_CONF_FILES=/dev/null NIX_CONFIG='extra-experimental-features = nix-command flakes' settings
}
# Root without a daemon builds as itself, as where nix-bin alone was installed, but with the user's own builder accounts.
builds_as_root() { [ "$(id -u)" = 0 ] && ! has_daemon && { is_default build-users-group || ! has_builders; }; }
# A daemon refuses most settings from most users, and warns of each: it gets only what it needs.
through_daemon() { has_daemon && [ "$(id -u)" != 0 ]; }
has_daemon() { [ -S "${NIX_STATE_DIR:-/nix/var/nix}/daemon-socket/socket" ]; }

# Whether the group of builder accounts, to which Nix switches as root, has members here, and a number in this user
# namespace. Nix fails where it has not.
has_builders() {
  local group members number first count
  group=$(value "$in_force" build-users-group)
  [ -n "$group" ] && IFS=: read -r _ _ number members < <(getent group "$group" 2>/dev/null) && [ -n "$members" ] || return
  while read -r first _ count; do
    if [ "$number" -ge "$first" ] && [ $((number - first)) -lt "$count" ]; then return; fi
  done < /proc/self/gid_map
  return 1
}

# Nix itself would fail at a lock file, and not say what to do.
store_is_usable() {
  [ -z "${NIX_REMOTE:-}" ] && [ "$(id -u)" != 0 ] && ! has_daemon || return 0
  local sockets=${NIX_STATE_DIR:-/nix/var/nix}/daemon-socket
  # Debian lets only one group through.
  if [ -d "$sockets" ] && [ ! -x "$sockets" ]; then
    die "the daemon of Nix is for members of the group $(stat -c %G "$sockets"), and $(id -un) is none: as root run" \
      "adduser $(id -un) $(stat -c %G "$sockets"), then log in anew"
  fi
  [ -w "${NIX_STATE_DIR:-/nix/var/nix}/db" ] ||
    die "the Nix store of this host belongs to root, and no daemon serves it: run this as root, start nix-daemon," \
      "or keep a store of your own: ./nixw --store \"\$HOME/.local/share/nix/root\" ..."
}
