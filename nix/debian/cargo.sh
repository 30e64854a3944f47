# The start of every cargo build: a writable copy of $source, the vendored $crates, and, where there are any, the
# compiled dependencies. Files of the copy are newer than what was compiled, so that cargo builds the program itself.
mkdir work && cd work
export CARGO_HOME=$PWD/.cargo-home
mkdir "$CARGO_HOME"
cat > "$CARGO_HOME/config.toml" <<T
[source.crates-io]
replace-with = "vendored"
[source.vendored]
directory = "$crates"
T
cp -r "$source" source && chmod -R u+w source && cd source
if [ -n "${dependencies:-}" ]; then
  tar -xf "$dependencies/target.tar"
  find . -name target -prune -o -type f -exec touch {} +
fi
eval "${prepare:-}"
