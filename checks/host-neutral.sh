# $wrapper: nix/host-neutral-rustc; $other_host: shell code that changes the host as cargo sees it.
target=$(rustc -vV | sed -n 's/^host: //p')
program=target/$target/release/neutral
# Names are compared, too.
export CARGO_PROFILE_RELEASE_STRIP=none
wrong=0
fail() { echo "host-neutral: $*" >&2; wrong=1; }

# Cargo compiles for the target only what is given a target, this host's own triple too.
tested() { # tested FOLDER: its tests pass with the wrapper, each crate being the one it should be
  (cd "$1" && RUSTC_WRAPPER=$wrapper cargo test --offline --locked --target "$target") > test.log 2>&1 || true
  grep -qE '^test result: ok\. [1-9][0-9]* passed' test.log && ! grep -q FAILED test.log || {
    cat test.log >&2; fail "crates of $1 are mixed up"
  }
}
digest() { # digest WRAPPER [PREPARE]: of the program, built from nothing
  rm -rf target
  (eval "${2:-}"; RUSTC_WRAPPER=$1 cargo build --offline --locked --release --target "$target") > build.log 2>&1 || {
    cat build.log >&2; return 1
  }
  sha256sum < "$program" | cut -d ' ' -f 1
}
without() { # without SED: the wrapper with one part taken out
  sed "$1" "$wrapper" > broken
  ! cmp -s broken "$wrapper" || { echo "host-neutral: '$1' takes nothing out of $wrapper" >&2; return 1; }
  chmod +x broken
}
differs() { # differs WHAT WRAPPER: without it, the host shows
  local here there
  here=$(digest "$2")
  there=$(digest "$2" "$other_host")
  if [ "$here" = "$there" ]; then fail "$1, and yet both hosts make $here: the check cannot see this fault"; else
    echo "$1: $here here, $there on the other host"
  fi
}

{
  tested .
  tested sources
  here=$(digest "$wrapper")
  there=$(digest "$wrapper" "$other_host")
  [ "$here" = "$there" ] || fail "this host makes $here, the other $there"
  echo "both hosts make $here"
  differs "without the wrapper" ""
  without 's/-Cmetadata=\*) continue/-Cmetadata=*) cargos=$value; continue/; s/-Cmetadata=$hash/-Cmetadata=$cargos/'
  differs "with cargo's -C metadata" "$PWD/broken"
  without 's/emit=$files suffix=-$hash/:/'
  differs "with cargo's -C extra-filename" "$PWD/broken"
  without 's/${OUT_DIR:+.*}$//'
  differs "with cargo's folder of generated files" "$PWD/broken"
  [ "$wrong" = 0 ]
} | tee "$out"
