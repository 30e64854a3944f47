# The words of the command line: which command it is, which words name this checkout, and where its flake is missing.
# shellcheck shell=bash disable=SC2034,SC2154 # variables of nixw and its other parts

# Commands that build or read something of a flake, and take the current directory's where none is given: there the
# checkout stands in. tests/kit/words compares with Nix's own description.
takes_flake() {
  case $1 in
    build | bundle | copy | develop | edit | eval | log | path-info | print-dev-env | run | shell | show-derivation) ;;
    'derivation show' | 'env shell' | 'profile install' | 'profile add') ;;
    'flake archive' | 'flake check' | 'flake info' | 'flake metadata' | 'flake prefetch-inputs' | 'flake show') ;;
    *) return 1 ;;
  esac
}
# Commands to which `.` is a directory and no flake.
takes_paths() {
  case $1 in
    hash* | nar* | 'store add'* | 'flake clone' | 'flake init' | 'flake new' | fmt | 'formatter run') ;;
    *) return 1 ;;
  esac
}
is_group() {
  case $1 in
    config | derivation | env | flake | formatter | hash | key | nar | profile | realisation | registry | store) ;;
    *) return 1 ;;
  esac
}
# Where there is no Nix yet, what it is worth installing for: a word that Nix would not know is not.
is_known() {
  local word
  for word; do
    case $word in
      -*) ;;
      daemon | doctor | help | repl | search | upgrade-nix | why-depends | fmt | show-config) return ;;
      *) if takes_flake "$word" || is_group "$word"; then return; fi ;;
    esac
  done
  return 1
}

# How many words an option takes is asked of Nix, and only where a word follows that could be its value or another one.
declare -A arity=()
arity_of() { # arity_of COMMAND OPTION: sets $takes
  local dump line
  if [ ${#arity[@]} = 0 ]; then
    dump=$(scratch)
    # By way of a variable, since Nix does not report a full disk.
    line=$({ nix __dump-cli || nix __dump-args; } 2>/dev/null || true)
    printf '%s\n' "$line" > "$dump" 2>/dev/null || { rm -f "$dump"; die "nothing can be written to ${TMPDIR:-/tmp}"; }
    # Nix's description leaves the short name of max-jobs out.
    arity[asked]=1 arity[-j]=1
    while read -r line; do arity[${line% *}]=${line##* }; done < <(
      NIXW_DUMP=$dump nix "${offline[@]}" eval --impure --raw --expr "$(< "$parts/options.nix")" 2>/dev/null; echo
    )
    rm -f "$dump"
  fi
  takes=${arity[$1 $2]:-${arity[$2]:-0}}
}

# Sets words, verb, store, unbuilt (the option that keeps Nix from building), positional (the places in `words` of what
# the command is about), dots (those that name this checkout), after (where its flake belongs if none is named), own
# (Nix's options), arguments (for a program) and about_checkout.
parse() {
  local word skip=0 group='' foreign='' takes literal=''
  words=() verb='' store='' unbuilt='' positional=() own=() arguments=() dots=() after='' about_checkout=''
  while [ $# -gt 0 ]; do
    word=$1; shift
    words+=("$word")
    if [ $skip -gt 0 ]; then skip=$((skip - 1)) own+=("$word"); continue; fi
    if [ -z "$literal" ]; then
      case $word in
        --)
          case $verb in
            run | fmt | 'formatter run' | shell | 'env shell' | develop) words+=("$@"); arguments+=("$@"); break ;;
          esac
          # Elsewhere what follows is no program's: it is as before, but no option.
          literal=yes
          continue
          ;;
        -c | --command) words+=("$@"); break ;;
        # Help is Nix's own; a file or an expression has its own installables.
        --help) words=("${words[@]}" "$@"); return ;;
        -f | --file | --expr | --stdin | --all) foreign=1 ;;
        --dry-run | --no-build) unbuilt=$word ;;
        --store)
          # A directory, to Nix: nixw may start it in another one.
          case ${1-} in /* | *://* | *\?*) ;; */*) set -- "$(realpath -m -- "$1")" "${@:2}" ;; esac
          store=${1-}
          ;;
      esac
      case $word in
        -*)
          own+=("$word")
          case ${1-} in '' | -*) ;; *) arity_of "$verb" "$word"; skip=$takes ;; esac
          continue
          ;;
      esac
    fi
    if [ -z "$verb" ]; then
      verb=$word after=${#words[@]}
      if is_group "$word"; then group=1; fi
      continue
    elif [ -n "$group" ]; then
      verb="$verb $word" after=${#words[@]} group=''
      continue
    fi
    positional+=($(( ${#words[@]} - 1 )))
    arguments+=("$word")
    case $word in
      . | ./ | .\#* | ./\#*) if [ -z "$foreign" ] && ! takes_paths "$verb"; then dots+=($(( ${#words[@]} - 1 ))); fi ;;
    esac
    # What follows is for the program.
    if [ "$verb" = run ]; then words+=("$@"); break; fi
  done
  if [ ${#positional[@]} -gt 0 ] || [ -n "$foreign" ] || ! takes_flake "$verb"; then after=''; fi
  case $verb in fmt | 'formatter run' | 'flake update' | 'flake lock') about_checkout=1; after='' ;; esac
  if [ -n "$after" ] || [ ${#dots[@]} -gt 0 ]; then about_checkout=1; fi
  # A bare word would be looked up in a registry of flakes: check_names knows which outputs there are.
  if [ "$verb" = build ] && [ -z "$foreign" ] && [ ${#positional[@]} -gt 0 ] && is_bare "${words[positional[0]]}"; then
    about_checkout=1
  fi
}
is_bare() { [[ $1 =~ ^[A-Za-z][A-Za-z0-9_-]*$ ]]; }

# Whether a file or directory is among the formatter's words: one that is neither an option nor the value of one.
names_files() {
  local word before=''
  for word in "${arguments[@]}"; do
    case $before:$word in
      --config:* | --config-path:* | --color:* | --emit:* | --print-config:* | --style-edition:* | *:-*) ;;
      *) return ;;
    esac
    before=$word
  done
  return 1
}

# Puts the chosen flake where the words name the checkout, or where Nix would take the current directory.
insert_flake() {
  local at word
  for at in "${dots[@]}"; do
    word=${words[at]}
    case $word in *\#*) words[at]=$flake#${word#*#} ;; *) words[at]=$flake ;; esac
  done
  if [ -n "$after" ]; then
    words=("${words[@]:0:after}" "$flake" "${words[@]:after}")
    dots=("$after")
  fi
}
