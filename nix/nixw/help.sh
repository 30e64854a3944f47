# What `./nixw --help` prints, and without a command.
# shellcheck shell=bash
gist() {
  cat <<'T'
nixw: sets up Nix and builds this checkout with it.
  ./nixw build .#arm64     builds result/bin/sarsen: one static file for aarch64 Linux
  ./nixw flake check       proves what README.md claims about it
  ./nixw COMMAND ...       any other command of Nix; `.` is this checkout
  ./nixw --help            kits, settings, and what is changed on this machine
T
}
help() {
  gist
  cat <<'T'

Nix is taken from PATH or its usual places. Where there is none, root on a Debian system gets the distribution's
nix-bin; others get one line with what to do.

Kits: the same outputs from two sources of tools.
  github   ./flake.nix: nixpkgs, crane, rust-overlay. Chosen where its inputs are in the Nix store or can be reached.
  debian   ./nix/debian: packages of a Debian mirror and crates of a registry, each compared with a pinned hash. Chosen
           elsewhere. Only what the command needs and the store lacks is downloaded, before the build.
  Their files differ from each other; each kit gives the same bytes everywhere.

Environment:
  NIXW_KIT=github|debian   decides which kit
  DEBIAN_MIRROR=URL        the Debian mirror, instead of the one that apt uses. Old packages that a mirror no longer has
                           are on a snapshot archive of Debian: give its address here
  NIX_MIRRORS_debian=URL/  the Debian mirror of the github kit: the address ends in `/` (for the daemon, where there is
                           one)
  http_proxy, https_proxy  as usual: apt, cargo and Nix obey them
  NIX_CONFIG, nix.conf     stay in force. For its own calls nixw switches on flakes and the sandbox

Changed on this machine:
  /nix                     the Nix store: what is built and downloaded
  .nixw/, result           in this checkout: downloads on their way, and a link to what was built
  ~/.cache/nix             Nix's caches; beside them ~/.local/state/nix and the link ~/.nix-profile
  packages                 nix-bin and what it depends on, if nixw installed it
To remove all of it, as root: rm -rf /nix ~/.cache/nix ~/.local/state/nix ~/.nix-profile .nixw result, and
apt-get autoremove --purge nix-bin. If other projects use Nix here, leave all but result: rm result; nix-collect-garbage.

docs/build.md (Chinese: docs/build.zh.md) has the details and what to do when something fails.
T
}
