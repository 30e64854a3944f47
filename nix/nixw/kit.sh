# Which kit, and how Nix is given this checkout as its flake.
# shellcheck shell=bash disable=SC2034,SC2154 # variables of nixw and its other parts

# Whether the inputs that flake.lock names are all in the store: their paths follow from their hashes alone.
inputs_are_here() {
  local hash path
  [ -r "$checkout/flake.lock" ] || return 1
  while read -r hash; do
    path=$(nix-store --print-fixed-path --recursive sha256 "$hash" source) || return 1
    nix-store --check-validity "$path" 2>/dev/null || return 1
  done < <(sed -n 's/.*"narHash": "\(sha256-[^"]*\)".*/\1/p' "$checkout/flake.lock")
}
# curl heeds the variables about proxies as Nix does, whose downloads are libcurl's. Without it, a proxy is asked by
# hand.
forge_is_reachable() {
  has_network || return 1
  if command -v curl >/dev/null; then
    curl -sI -m 5 ${NIX_SSL_CERT_FILE:+--cacert "$NIX_SSL_CERT_FILE"} https://github.com >/dev/null 2>&1
    return
  fi
  local proxy=${https_proxy:-${HTTPS_PROXY:-${all_proxy:-${ALL_PROXY:-}}}} credentials=''
  if [ -z "$proxy" ]; then timeout 3 bash -c 'exec 3<>/dev/tcp/github.com/443' 2>/dev/null; return; fi
  proxy=${proxy#*://} proxy=${proxy%%/*}
  case $proxy in *@*) credentials=$(printf %s "${proxy%@*}" | base64 -w 0) proxy=${proxy##*@} ;; esac
  case $proxy in *:*) ;; *) proxy=$proxy:1080 ;; esac
  # shellcheck disable=SC2016 # the inner shell's own words
  timeout 5 bash -c '
    exec 3<>"/dev/tcp/$1/$2"
    printf "CONNECT github.com:443 HTTP/1.1\r\nHost: github.com:443\r\n%b\r\n" "${3:+Proxy-Authorization: Basic $3\r\n}" >&3
    read -r _ status _ <&3
    [ "$status" = 200 ]' proxy "${proxy%:*}" "${proxy##*:}" "$credentials" 2>/dev/null
}
choose_kit() {
  case ${NIXW_KIT:-} in
    github | debian) kit=$NIXW_KIT ;;
    '')
      if inputs_are_here || forge_is_reachable; then kit=github; else
        kit=debian
        say "flake.nix's inputs are neither in the store nor reachable: using the Debian kit, ./nix/debian" \
          "(NIXW_KIT=github decides otherwise)"
      fi
      ;;
    *) die "NIXW_KIT is '$NIXW_KIT': it is github or debian" ;;
  esac
  case $kit in github) subdirectory=. ;; debian) subdirectory=nix/debian ;; esac
  options=("${offline[@]}")
}

# Sets flake. A path is enough where git keeps the checkout and every Nix can read its name in a reference; elsewhere
# the files go into the store first. Both give the same derivations.
refer() {
  local LC_ALL=C copy
  if is_git && [[ $checkout =~ ^[A-Za-z0-9/._+~,=()\&\'-]+$ ]]; then
    flake=$checkout
    [ "$subdirectory" = . ] || flake+=/$subdirectory
    return
  fi
  copy=$(snapshot) || exit
  flake=path:$copy
}
# Only a repository of its own counts: around unpacked sources there may be another one. So does only what is in it.
is_git() {
  [ -e "$checkout/.git" ] && command -v git >/dev/null || return
  local why
  why=$(LC_ALL=C git -C "$checkout" ls-files --error-unmatch nix/debian/flake.nix flake.nix 2>&1) || case $why in
    *dubious*)
      die "$checkout belongs to another user, so git and with it Nix refuse to read it:" \
        "run git config --global --add safe.directory '$checkout'" ;;
    *) return 1 ;;
  esac
}
# Copies the checkout's files into the store and prints the path: those that git knows, or all but what builds leave and
# what is likely to be a secret: all users of this host can read the store. Runs in a subshell, where `|| exit` of the
# caller switches `set -e` off: each step reports its own failure.
snapshot() {
  local why
  work=$(scratch -d) || exit
  trap 'rm -rf "$work"' EXIT
  command -v tar >/dev/null || die "tar is not on this host: it copies this checkout on its way into the Nix store"
  why=$({ mkdir "$work/source" && pack | tar -C "$work/source" -xf -; } 2>&1) ||
    die "this checkout could not be copied to $work: ${why%%$'\n'*}"
  # Nix 2.8 finds a flake of the store at its root alone.
  if [ "$kit" = debian ]; then
    why=$({
      rm -f "$work/source/flake.lock" &&
        echo '{ outputs = { self }: (import ./nix/debian/flake.nix).outputs { inherit self; }; }' \
          > "$work/source/flake.nix"
    } 2>&1) || die "flake.nix could not be written to $work: $why"
  fi
  { why=$(nix-store --add "$work/source" 2>&1 >&3); } 3>&1 ||
    die "this checkout could not be copied into the Nix store: ${why##*$'\n'}"
}
# The files, as an archive on standard output.
pack() {
  if ! is_git; then
    tar -C "$checkout" --exclude={.git,.nixw,target,result,result-*,*.pem,*.key,.env,.direnv} -cf - .
    return
  fi
  local file
  git -C "$checkout" ls-files -z | while IFS= read -r -d '' file; do
    if [ -e "$checkout/$file" ] || [ -L "$checkout/$file" ]; then printf '%s\0' "$file"; fi
  done | tar -C "$checkout" --null --verbatim-files-from -T - -cf -
}

# A word or a `.#name` that is no package is answered here, in one line and before anything is fetched.
check_names() {
  [ "$verb" = build ] || return 0
  local at word names=''
  for at in "${positional[@]}"; do
    word=${words[at]}
    is_bare "${word#"$flake#"}" || continue
    [ -n "$names" ] ||
      names=$(nix "${options[@]}" eval --raw "$flake#packages.$system" --apply 'p: toString (builtins.attrNames p)' 2>/dev/null) ||
      return 0
    case " $names " in
      *" ${word#"$flake#"} "*)
        ! is_bare "$word" ||
          die "did you mean './nixw build .#$word'? To Nix, '$word' alone is a flake of its registry, not a package of this checkout" ;;
      *)
        if is_bare "$word" && [ "$word" != sarsen ]; then continue; fi
        die "there is no package '${word#"$flake#"}' here; there are: $names. './nixw build' alone builds default," \
          "the program sarsen for this host; a check is .#checks.$system.NAME" ;;
    esac
  done
}
