# Each variable named after a check holds its script.
wrong=0
cp -r . ../healthy
plant() { # plant: a fresh copy of the crate, whose src/main.rs ends with standard input
  rm -rf ../planted && cp -r ../healthy ../planted && cd ../planted && cat >> src/main.rs
}
passes() { # passes CHECK
  bash -euo pipefail -c "${!1}" > ../output.txt 2>&1 || { echo "faults-cargo: $1 refuses what it should pass:" >&2; tail ../output.txt >&2; wrong=1; }
}
refuses() { # refuses CHECK REASON
  if bash -euo pipefail -c "${!1}" > ../output.txt 2>&1; then
    echo "faults-cargo: $1 passes a planted fault" >&2; wrong=1
  elif ! grep -qE -- "$2" ../output.txt; then
    echo "faults-cargo: $1 refuses a planted fault, but does not say '$2':" >&2; tail ../output.txt >&2; wrong=1
  else
    echo "$1 refuses: $(grep -E -m 1 -- "$2" ../output.txt)" | tee -a ../refused.txt
  fi
}

plant <<'R'

#[cfg(test)]
#[test]
fn holds() {
    assert_eq!(1 + 1, 2);
}
R
for check in fmt clippy doc test deny; do passes "$check"; done

plant <<< 'fn   spaced( ) {}'
refuses fmt 'Diff in'
plant <<'R'

fn _length_of_nothing(list: &[u8]) -> bool {
    list.len() == 0
}
R
refuses clippy 'length comparison to zero'
plant <<'R'

/// See [`NoSuchItem`].
fn _documented() {}
R
refuses doc 'unresolved link'
plant <<'R'

#[cfg(test)]
#[test]
fn does_not_hold() {
    assert_eq!(1 + 1, 3);
}
R
refuses test 'does_not_hold \.\.\. FAILED'
plant < /dev/null
refuses test 'cargo ran no test'
skips() { # skips REASON: a crate whose only test prints that it compared nothing
  plant <<R

#[cfg(test)]
#[test]
fn compares_nothing() {
    println!("skipped: $1: this case");
}
R
}
skips 'there is no judge'
refuses test 'is not known: there is no judge$'
# As planted, but for a reason that is known ($lacks).
skips 'there is no go'
passes test

plant < /dev/null
sed -i 's/^license = .*/license = "GPL-3.0-only"/' Cargo.toml
refuses deny 'GPL-3\.0-only'
plant < /dev/null
printf '\n[[package]]\nname = "elsewhere"\nversion = "1.0.0"\nsource = "git+https://example.org/elsewhere#0123456"\n' >> Cargo.lock
sed -i 's/^version = "0.0.0"$/&\ndependencies = ["elsewhere"]/' Cargo.lock
printf '\n[dependencies]\nelsewhere = { git = "https://example.org/elsewhere" }\n' >> Cargo.toml
refuses deny 'example\.org/elsewhere'
cp ../refused.txt "$out"
[ "$wrong" = 0 ]
