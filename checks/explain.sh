# $runner: a program that starts every case and prints how it ended; $init: what starts that and powers the machine off.
# Written by the test: an initramfs with the cases, and for each page size the profile and what the table says.
SARSEN_CASES=$PWD/cases cargo test --locked --offline --test explain -- --exact cases_for_other_kernels_are_written_on_demand
cd cases
cp "$runner/bin/cases" runner && cp "$init/bin/init" init && chmod 755 runner init
# The kernel unpacks one archive after the other.
{ cat cases.cpio; printf '%s\n' init runner | cpio --quiet -o -H newc -R 0:0; } > initrd

boot() { # boot PAGE KERNEL: what the kernel does with each case, in PAGE.seen
  timeout "${limit:-180}" qemu-system-aarch64 -M virt,gic-version=3 -cpu cortex-a76 -smp 2 -m 512 -nographic -no-reboot \
    -nic none -kernel "$2" -initrd initrd -append "console=ttyAMA0 loglevel=1 panic=-1 rdinit=/init /runner" \
    < /dev/null > console.txt 2>&1 || true
  tr -d '\r' < console.txt | sed -n 's/^ended //p' > "$1.seen"
  grep -q '^init: /runner ended exit=0' console.txt || { echo "explain: the kernel with pages of $1 bytes did not get through the cases:" >&2; tail console.txt >&2; exit 1; }
}

compare() { # compare PAGE SEEN: what was seen, what is predicted and what the table says; wrong counts differences
  local name user path seen table predicted
  wrong=0
  while IFS=$'\t' read -r name user path; do
    seen=$(awk -v name="$name" '$1 == name { print $2 }' "$2")
    table=$(awk -v name="$name" '$1 == name { print $2 }' "$1.tsv")
    # Exit code 1: it would not start.
    predicted=$({ "$sarsen/bin/sarsen" explain "$path" --rootfs initrd --profile "./$1.toml" --user "$user" --format json || [ $? = 1 ]; } |
      jq -r '.attempts[0].end | if .kind == "starts" then "starts" elif .kind == "exit" then "exit=\(.status)" else "\(.kind)=\(.number)" end') || predicted=nothing
    # Of programs made by chance the table knows nothing.
    table=${table:-$seen}
    # What a program that starts makes of it is its own affair; a stray one executes what is no code.
    case $name:$predicted:$seen in *:starts:exit=* | stray-*:starts:signal=*) predicted=$seen ;; esac
    if [ "$seen" = "$predicted" ] && [ "$seen" = "$table" ]; then
      echo "pages of $1 bytes: $name $seen"
    else
      echo "explain: pages of $1 bytes: $name: the kernel says ${seen:-nothing}, predicted is $predicted, the table says $table"
      wrong=$((wrong + 1))
    fi
  done < cases.tsv
}

boot 4096 "$kernel4k"
boot 16384 "$kernel16k"
for page in 4096 16384; do
  compare $page $page.seen > $page.txt
  cat $page.txt | tee -a "$out"
  [ $wrong = 0 ] || { echo "explain: $wrong cases end otherwise than predicted" >&2; exit 1; }
done
# A comparison that cannot fail proves nothing: these two kernels do not end all cases alike.
compare 4096 16384.seen > other.txt
grep 'aligned-4k: the kernel says signal=11, predicted is starts' other.txt || { echo "explain: two kernels that differ pass for the same" >&2; exit 1; }

# --- Kernels that a C library thinks too old: Debian 11's glibc looks, Debian 13's does not.
old_kernel() { # old_kernel VERSION ROOT PATH WANTED: how the program ends, and what is predicted for that kernel
  local version=$1 root=$2 path=$3 wanted=$4 status=0 seen predicted
  printf 'name = "old"\n[elf]\nmachine = "aarch64"\n[kernel]\nversion = "%s"\npage-sizes = [4096]\n' "$version" > old.toml
  # In a shell of its own, which says nothing of a core.
  (exec qemu-aarch64 -r "$version" -L "$root" "$root$path" --help) > said.txt 2>&1 || status=$?
  if grep -q 'FATAL: kernel too old' said.txt; then
    [ "$status" -gt 128 ] && seen=signal=$((status - 128)) || seen=exit=$status
  else
    seen=starts
  fi
  predicted=$({ "$sarsen/bin/sarsen" explain "$path" --rootfs "$root" --profile ./old.toml --format json || [ $? = 1 ]; } |
    jq -r '.attempts[0] | (.cause.id // "") + " " + (.end | if .kind == "exit" then "exit=\(.status)" elif .kind == "signal" then "signal=\(.number)" else .kind end)')
  [ "$seen" = "$wanted" ] && [ "${predicted#* }" = "$wanted" ] || {
    echo "explain: Linux $version: $path of ${root##*/}: seen $seen, predicted $predicted, the table says $wanted:" >&2
    cat said.txt >&2
    exit 1
  }
  echo "Linux $version: ${root##*/}$path: $predicted" | tee -a "$out"
}
mkdir -p root-new/bin && cp "$samples/busybox" root-new/bin/
old_kernel 3.6.9 "$old_libc" /bin/busybox signal=6
old_kernel 3.6.9 "$old_libc" /bin/hostname exit=127
old_kernel 3.6.9 "$PWD/root-new" /bin/busybox starts
for program in busybox hostname; do old_kernel 3.7.0 "$old_libc" /bin/$program starts; done
