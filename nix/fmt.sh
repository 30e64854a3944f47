# nix fmt [-- OPTION...] [FILE or DIRECTORY...]: formats the Rust files that are named, and those below the
# directories; where none is named, the whole crate. Options are rustfmt's: with --check nothing changes, and what is
# not formatted is printed and fails. $edition is the crate's, which rustfmt does not look up.
set -euo pipefail
options=() files=() crates=() value='' named=''
for argument; do
  if [ -n "$value" ]; then options+=("$argument") value=''; continue; fi
  case $argument in
    --config | --config-path | --color | --emit | --print-config | --style-edition)
      options+=("$argument") value=yes
      continue
      ;;
    -*) options+=("$argument"); continue ;;
  esac
  named=yes
  # Nix before 2.25 names the directory that it was called in where no file is named.
  if [ -e "$argument/Cargo.toml" ]; then
    crates+=("$argument/Cargo.toml")
  elif [ -d "$argument" ]; then
    while IFS= read -r -d '' file; do
      files+=("$file")
    done < <(find "$argument" -name target -prune -o -name '*.rs' -print0)
  elif [[ $argument = *.rs ]]; then
    files+=("$argument")
  elif [ -e "$argument" ]; then
    echo "sarsen-fmt: $argument stays as it is: only Rust files are formatted here" >&2
  else
    echo "sarsen-fmt: error: there is no $argument to format: name a file or a directory, or none for the whole crate" >&2
    exit 1
  fi
done

status=0
if [ -z "$named" ]; then cargo fmt --all -- "${options[@]}" || status=$?; fi
for manifest in "${crates[@]}"; do cargo fmt --all --manifest-path "$manifest" -- "${options[@]}" || status=$?; done
if [ "${#files[@]}" -gt 0 ]; then rustfmt --edition "${edition:?}" "${options[@]}" -- "${files[@]}" || status=$?; fi
exit "$status"
