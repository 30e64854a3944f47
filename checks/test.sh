# What a test says of itself is kept: which comparisons were not possible here.
cargo test --offline --locked --all-features -- --show-output 2>&1 | tee test.log
# A run that executed nothing has proved nothing.
grep -qE '^test result: ok\. [1-9][0-9]* passed' test.log || {
  echo "test: cargo ran no test" >&2
  exit 1
}

# src/skip.rs: `skipped: REASON: CASE` is a comparison for which an outsider is missing. What the kit lacks is known
# ($lacks, a line each), and compared elsewhere: by tests/outsiders, or in a shell with `cargo test`. Any other is a hole.
# `limited: REASON: CASE` is what this host takes away, which no kit can bring.
for kind in skipped limited; do
  sed -n "s/^$kind: //p" test.log | sed 's/: .*//' | sort | uniq -c > $kind.log
  if [ -s $kind.log ]; then sed "s/^/test: $kind /" $kind.log; else echo "test: nothing was $kind"; fi
done | tee -a test.log
unexpected=$(sed 's/^ *[0-9]* //' skipped.log | grep -vxF -e "$lacks" || true)
# Where user namespaces can be made, the tests must have made them.
if grep -q 'no user namespace can be made' limited.log && { unshare -m true || unshare -rm true; } 2> unshare.log; then
  unexpected="$unexpected
no user namespace can be made"
fi
[ -z "$unexpected" ] || {
  printf 'test: skipped for a reason that is not known: %s\n' "$unexpected" >&2
  exit 1
}
