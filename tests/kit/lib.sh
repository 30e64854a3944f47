# For tests/kit/{checkouts,daemon,fetch,hosts,words}: copies of the checkout in which something is wrong, and what must follow.
# shellcheck shell=bash disable=SC2034 # variables of the tests
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
[ "$(id -u)" = 0 ] || { echo "tests/kit: needs root: it makes namespaces and mounts" >&2; exit 2; }
command -v nix > /dev/null || { echo "tests/kit: needs Nix: run ./nixw build once" >&2; exit 2; }
work=$(mktemp -d)
trap 'umount "$work"/*/.nixw "$work"/readonly 2>/dev/null || true; chmod -R u+w "$work"; rm -rf "$work"' EXIT
passed=0 failed=0
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
unset NIXW_KIT NIX_REMOTE DEBIAN_MIRROR

copy() { # copy NAME: a copy of what the scripts read, in no repository
  mkdir -p "$work/$1"
  cp -r "$checkout"/{nix,checks,nixw,flake.nix,flake.lock,Cargo.toml,Cargo.lock,src,profiles} "$work/$1/"
  echo "$work/$1"
}
commit() { # commit TREE: makes it a repository, with everything in it
  git -C "$1" init -q
  git -C "$1" add -A
  git -C "$1" -c user.name=tests -c user.email=tests@localhost commit -q -m tests
}
# A pin that the store cannot hold, so that the file must be asked for.
zeros=$(printf '0%.0s' {1..64})
forge_package() { # forge_package TREE [PACKAGE]
  sed -i '0,/"'"${2:-hostname}"'": { \(.*\) "sha256": "[0-9a-f]*"/s//"'"${2:-hostname}"'": { \1 "sha256": "'"$zeros"'"/' "$1/nix/debian/lock.json"
}
forge_crate() { sed -i '0,/^checksum = "[0-9a-f]*"/s//checksum = "'"$zeros"'"/' "$1/Cargo.lock"; }

ok() { echo "ok   $*"; passed=$((passed + 1)); }
fail() { echo "FAIL $*" >&2; failed=$((failed + 1)); }
# expect NAME STATUS PATTERN COMMAND...: COMMAND's status, its last line, and that nothing is left in .nixw of tree NAME
expect() {
  local name=$1 status=$2 pattern=$3 tree=$work/$1 seen=0; shift 3
  "$@" > "$work/output.txt" 2>&1 < /dev/null || seen=$?
  local last; last=$(grep -av '^$' "$work/output.txt" | tail -n 1 || true)
  local left; left=$(find "$tree/.nixw" -mindepth 1 2>/dev/null | head -n 1 || true)
  if [ "$seen" = "$status" ] && grep -aqE -- "$pattern" <<< "$last" && [ -z "$left" ]; then
    ok "$name: $last"
  else
    fail "$name: status $seen (expected $status), last line '$last' (expected /$pattern/)${left:+, left behind: $left}"
    tail -n 5 "$work/output.txt" >&2
  fi
}
output_has() { if grep -aqE -- "$2" "$work/output.txt"; then ok "$1: there is /$2/"; else fail "$1: no /$2/ in:"; cat "$work/output.txt" >&2; fi; }
output_lacks() { if grep -aE -- "$2" "$work/output.txt" >&2; then fail "$1: /$2/ is above"; else ok "$1: no /$2/"; fi; }
same() { if [ "$2" = "$3" ]; then ok "$1: ${2%%$'\n'*}"; else fail "$1: '$2', expected '$3'"; fi; }
finish() {
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
}

# A directory of programs in which nix is a spy: it notes its words and settings, and is Nix only for what nixw asks on
# the way. What nixw starts in the end is in $work/spy/words, a line a word; its settings in $work/spy/config, where it starts in
# $work/spy/directory.
spy() {
  mkdir -p "$work/spy"
  cat > "$work/spy/nix" <<S
#!/bin/bash
printf '%s\n' "\$@" > "$work/spy/words"
printf '%s\n' "\$NIX_CONFIG" > "$work/spy/config"
pwd > "$work/spy/directory"
case " \$* " in
  *' config show '* | *' show-config '* | *' __dump-'* | *' eval --raw '* | *' eval --impure --raw '* | *' --dry-run '*)
    exec "$(command -v nix)" "\$@" ;;
esac
S
  chmod +x "$work/spy/nix"
}
tools_without() { # tools_without PROGRAM: a directory of this host's programs, but for one, as a PATH
  local directory=$work/without-$1 program
  if [ ! -e "$directory" ]; then
    mkdir "$directory"
    for program in /usr/bin/* /bin/* /usr/sbin/* /sbin/*; do
      if [ "${program##*/}" != "$1" ]; then ln -s "$program" "$directory/" 2>/dev/null || true; fi
    done
    [ -e "$directory/nix" ] || [ "$1" = nix ] || ln -s "$(command -v nix)" "$(command -v nix-store)" "$directory/"
  fi
  echo "$directory"
}
