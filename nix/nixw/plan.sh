# What a command will build, before it does: for the Debian kit, what it needs from the network, and how long it takes.
# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # Nix's words; variables of nixw and its other parts

prepare_debian() {
  through_daemon || NIX_CONFIG="sandbox-fallback = false"$'\n'$NIX_CONFIG
  # Without a network each cache would be waited for. One that the user chose stays.
  choose_setting substituters ''
  # `nix develop` looks for bash in a registry on the network, and does without.
  if is_default flake-registry; then options+=(--option flake-registry "$checkout/nix/debian/registry.json"); fi
  local to_build
  to_build=$(plan)
  [ -n "$to_build" ] || return 0
  can_enter
  # shellcheck disable=SC2086 # one word a derivation
  "$checkout/nix/debian/fetch" $to_build
  estimate "$to_build"
}

# The derivations that the command has to build, what must be fetched included. Where the flake has no such output there
# are none, and the command itself reports why.
plan() {
  local at frag
  [ -z "$unbuilt" ] || return 0
  case $verb in
    edit | eval | log | path-info | show-derivation | 'derivation show') ;;
    'flake check') realisable "checks.$system" 'c: map (name: c.${name}.drvPath) (builtins.attrNames c)' ;;
    'flake '*) ;;
    fmt | 'formatter run') realisable "formatter.$system" 'f: f.drvPath' ;;
    *)
      for at in "${dots[@]}"; do
        frag=${words[at]#"$flake"} frag=${frag#\#}
        case $verb in
          run)
            realisable "apps.$system.${frag:-default}.program" 'p: builtins.attrNames (builtins.getContext p)' && continue ;;
          # Only what the shell is made of is built.
          develop | print-dev-env)
            realisable "devShells.$system.${frag:-default}" 's: s.drvPath' | sed '/-sarsen-shell\.drv$/d' && continue ;;
        esac
        { nix "${options[@]}" build --dry-run --no-link "${words[at]}" 2>&1 || true; } | derivations
      done
      ;;
  esac
}
realisable() { # realisable ATTRIBUTE FUNCTION: those of the derivations that FUNCTION makes of the attribute
  local wanted
  wanted=$(nix "${options[@]}" eval --raw "$flake#$1" --apply "v: toString (($2) v)" 2>/dev/null) || return
  # shellcheck disable=SC2086 # one word a derivation
  nix-store --realise --dry-run $wanted 2>&1 | derivations
}
derivations() { sed -n 's/^ *\(\/[^ ]*\.drv\)$/\1/p'; }

# The kit's builders enter their tree in a user namespace. Those of a daemon run where the daemon does.
can_enter() {
  local why
  if has_daemon; then return; fi
  why=$(unshare -r -m true 2>&1) ||
    die "no user namespace can be made here (${why:-unshare failed}): the Debian kit builds in one. Allow them (sysctl" \
      "user.max_user_namespaces=10000; kernel.unprivileged_userns_clone=1 or kernel.apparmor_restrict_unprivileged_userns=0" \
      "where these exist); give a container --privileged; leave a chroot, in which there are none. Or set NIXW_KIT=github"
}

# Processor time, measured: seconds.txt. No build is faster than the longest chain of derivations that wait for each
# other, and most of these hardly use a second processor: each is one crate, optimised as a whole.
estimate() {
  local jobs count=0 total=0 derivation name seconds minutes least costs='' here
  jobs=$(nproc 2>/dev/null || echo 1)
  declare -A cost
  while read -r name seconds; do
    case $name in '' | \#*) ;; *) cost[$name]=$seconds ;; esac
  done < "$parts/seconds.txt"
  while read -r derivation; do
    name=${derivation##*/} name=${name%.drv} name=${name#*-}
    case $name in '' | *.deb | *.crate | busybox) continue ;; esac
    seconds=${cost[$name]:-0}
    count=$((count + 1)) total=$((total + seconds)) costs+="$derivation $seconds"$'\n'
  done <<< "$1"
  [ $total -gt 0 ] || return 0
  seconds=$((total / jobs)) least=$(longest_chain "$costs")
  if [ "$least" -gt $seconds ]; then seconds=$least; fi
  minutes=$(( (seconds + 59) / 60 ))
  case $jobs in 1) here='1 processor' ;; *) here="$jobs processors" ;; esac
  say "derivations to build: $count. Estimated time without the download: $minutes min on the $here here," \
    "from processor times measured elsewhere"
}
longest_chain() { # longest_chain LINES, each "DERIVATION SECONDS": the seconds of those that wait for each other
  awk '
    { gsub(/"/, "") }
    NR == FNR { sub(/.*\//, "", $1); cost[$1] = $2; next }
    $2 == "->" && ($1 in cost) && ($3 in cost) { needs[$3] = needs[$3] " " $1 }
    function until(derivation,  names, count, i, before, longest) {
      if (derivation in known) return known[derivation]
      count = split(needs[derivation], names, " ")
      for (i = 1; i <= count; i++) {
        before = until(names[i])
        if (before > longest) longest = before
      }
      return known[derivation] = cost[derivation] + longest
    }
    END {
      for (derivation in cost) if (until(derivation) > longest) longest = until(derivation)
      print longest + 0
    }' <(printf %s "$1") <(graph "$(cut -d ' ' -f 1 <<< "$1")")
}
# Lines `"NAME" -> "NAME" ...`: the second needs the first.
# shellcheck disable=SC2086 # one word a derivation
graph() { nix-store --query --graph $1 2>/dev/null; }

# `nix flake check` prints nothing when all is well: this prints what was checked, from the flake itself.
summarise() {
  local names name
  # Only what was really checked is counted: this flake's checks, built.
  if [ -n "$unbuilt" ]; then say "nothing was built ($unbuilt), so nothing is counted"; return; fi
  names=$(nix "${options[@]}" eval --raw --apply 'c: toString (builtins.attrNames c)' "$flake#checks.$system")
  for name in $names; do echo "check $name ok"; done
  echo "$(wc -w <<< "$names") passed, 0 failed"
}
