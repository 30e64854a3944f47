# What a test says of itself is kept: which comparisons were not possible here.
cargo test --offline --locked --all-features -- --show-output 2>&1 | tee test.log
# A run that executed nothing has proved nothing.
grep -qE '^test result: ok\. [1-9][0-9]* passed' test.log || {
  echo "test: cargo ran no test" >&2
  exit 1
}

# A line `skipped: REASON: CASE` (src/skip.rs) is a comparison that was not made. These reasons are known, and what they
# leave out is compared elsewhere: by tests/outsiders, or in a shell with `cargo test`. Any other is a hole that nobody
# has looked at.
expected='set-id bits are forbidden here
no such file can be made here
this needs root of the machine
nothing can be built in a store of its own here
this user may read everything (root)
this user may write everywhere (root)
there is no /sys/kernel/fscaps
there is no git
there is no go
there is no aarch64-linux-gnu-gcc
there is no static C library
strip made symbols name other sections
strip does not know this file
sh ["-c", "command -v ssh-keygen && id -un"] does not run on this machine
xxd ["-v"] does not run on this machine
swtpm ["--version"] does not run on this machine
python3 ["-c", "import gmssl_fast"] does not run on this machine
python3 ["-c", "import securesystemslib.dsse, cryptography"] does not run on this machine
python3 ["-c", "import sigstore.dsse, sigstore_models.bundle.v1"] does not run on this machine'
# Some hosts allow no user namespace inside the sandbox: then no program is started in a tree of its own.
unshare -m true 2> unshare.log || unshare -rm true 2>> unshare.log || expected="$expected
no user namespace can be made"
[ "$(uname -m)" = x86_64 ] || expected="$expected
the cases are x86-64 programs; the flake's check explain runs the arm64 ones
the devices are x86-64 machines"

sed -n 's/^skipped: //p' test.log | sed 's/: .*//' | sort | uniq -c > skipped.log
if [ -s skipped.log ]; then
  sed 's/^/test: skipped /' skipped.log | tee -a test.log
else
  echo "test: nothing was skipped"
fi
unexpected=$(sed 's/^ *[0-9]* //' skipped.log | grep -vxF -e "$expected" || true)
[ -z "$unexpected" ] || {
  printf 'test: skipped for a reason that checks/test.sh does not expect: %s\n' "$unexpected" >&2
  exit 1
}
