# $subject: the file that is /init. An initramfs that holds nothing else; the kernel's own built-in one has /dev/console.
limit=${limit:-180}
cp "$subject" init && chmod 755 init
echo init | cpio --quiet -o -H newc -R 0:0 > initrd

boot() { # boot NAME KERNEL [QEMU ARGUMENT...]: passes if /init judged itself and ended with status 0; $wants must appear
  local name=$1 kernel=$2; shift 2
  # Words that the kernel does not know are the arguments of /init (not those behind "--": firmware appends an option of
  # its own there). When PID 1 ends, the kernel panics and prints its exit code, which is the result; panic=-1 then resets
  # the machine, and -no-reboot ends QEMU.
  timeout "$limit" qemu-system-aarch64 -M virt,gic-version=3 -cpu cortex-a76 -smp 2 -m 512 -nographic -no-reboot -nic none \
    "$@" -kernel "$kernel" -initrd initrd \
    -append "console=ttyAMA0 loglevel=4 panic=-1 rdinit=/init check /init" \
    < /dev/null > console.txt 2>&1 || echo "boot: QEMU ended with status $? (124: stopped after $limit s)" >> console.txt
  { echo "== $name"; tr -d '\r' < console.txt; } | tee -a consoles.txt
  if ! grep -q 'Attempted to kill init! exitcode=0x00000000' console.txt; then
    echo "boot: $name: /init did not end with status 0: $(grep -ao 'exitcode=0x[0-9a-f]*' console.txt || echo 'no exit code on the console')" >&2
    return 1
  fi
  grep -qE "${wants:-.}" console.txt || { echo "boot: $name: the console does not say '$wants'" >&2; return 1; }
  grep -q 'pass' console.txt || { echo "boot: $name: /init ended well but printed no verdict" >&2; return 1; }
}
