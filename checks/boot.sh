# $subject: the file to boot; $init: what starts it and powers the machine off (./init). Their initramfs holds nothing else;
# the kernel's own built-in one has /dev/console.
limit=${limit:-180}
cp "$subject" program && cp "$init/bin/init" init && chmod 755 program init
printf '%s\n' init program | cpio --quiet -o -H newc -R 0:0 > initrd

machine() { # machine NAME KERNEL FIRST-PROGRAM [QEMU ARGUMENT...]: what the machine prints, in console.txt
  local name=$1 kernel=$2 first=$3; shift 3
  # Words that the kernel does not know are the arguments of the first program (not those behind "--": firmware appends an
  # option of its own there). panic=-1 resets a machine that panics, and -no-reboot ends QEMU.
  timeout "$limit" qemu-system-aarch64 -M virt,gic-version=3 -cpu cortex-a76 -smp 2 -m 512 -nographic -no-reboot -nic none \
    "$@" -kernel "$kernel" -initrd initrd -append "console=ttyAMA0 loglevel=1 panic=-1 rdinit=$first" \
    < /dev/null > console.txt 2>&1 || echo "boot: QEMU ended with status $? (124: stopped after $limit s)" >> console.txt
  tr -d '\r' < console.txt > console.lines
  { echo "== $name"; cat console.lines; } | tee -a consoles.txt
}
boot() { # boot NAME KERNEL [QEMU ARGUMENT...]: passes if the program judged itself and ended with status 0; $wants must appear
  local name=$1 kernel=$2; shift 2
  machine "$name" "$kernel" "/init /program check /program" "$@"
  if grep '^boot: QEMU ended' console.lines >&2; then
    echo "boot: $name: the machine was not powered off" >&2
    return 1
  fi
  if ! grep -qx 'init: /program ended exit=0' console.lines; then
    echo "boot: $name: the program did not end with status 0: $(grep -a '^init: ' console.lines || echo 'no end on the console')" >&2
    return 1
  fi
  grep -qE "${wants:-.}" console.lines || { echo "boot: $name: the console does not say '$wants'" >&2; return 1; }
  grep -q 'pass' console.lines || { echo "boot: $name: the program ended well but printed no verdict" >&2; return 1; }
}
alone() { # alone NAME KERNEL: passes if the program itself, as PID 1, ends with status 0
  # The kernel panics when PID 1 ends and prints the exit code. What the program printed may be lost with the machine.
  machine "$1" "$2" "/program check /program"
  if ! grep -q 'Attempted to kill init! exitcode=0x00000000' console.lines; then
    echo "boot: $1: PID 1 did not end with status 0: $(grep -ao 'exitcode=0x[0-9a-f]*' console.lines || echo 'no exit code on the console')" >&2
    return 1
  fi
}
