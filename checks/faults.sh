# Each variable named after a program holds that program's output, each named after a check the check's script.
export limit=60
wrong=0
judge() { # judge CHECK FAULT: runs the check over the program in a folder of its own; its output is in output.txt
  rm -rf judged && mkdir judged
  (cd judged && subject=${!2}/bin/planted bash -euo pipefail -c "${!1}") > output.txt 2>&1
}
passes() { # passes CHECK FAULT
  if judge "$1" "$2"; then echo "$1 passes '$2'"; else
    echo "faults: $1 refuses '$2', which it should pass:" >&2; tail -n 5 output.txt >&2; wrong=1
  fi
}
refuses() { # refuses CHECK FAULT REASON: REASON is a pattern of what it must say
  if judge "$1" "$2"; then
    echo "faults: $1 passes '$2': the check cannot see this fault" >&2; wrong=1
  elif ! grep -aqE -- "$3" output.txt; then
    echo "faults: $1 refuses '$2', but does not say '$3':" >&2; tail -n 5 output.txt >&2; wrong=1
  else
    echo "$1 refuses '$2': $(grep -aE -m 1 -- "$3" output.txt | tr -s ' ')"
  fi
}
{
  for check in elf_readelf elf_sarsen emulated boot alone; do passes "$check" healthy; done

  # The fault that no outside judge of files sees: it takes our rule, an emulator or a kernel.
  passes elf_readelf start
  refuses elf_sarsen start 'fail +self-relocating'
  refuses emulated start 'ended with status 139'
  refuses boot start 'ended signal=11'
  refuses alone start 'exitcode=0x0000000b'

  passes elf_sarsen packed
  passes emulated packed
  refuses elf_sarsen packed_start 'fail +self-relocating'
  refuses emulated packed_start 'ended with status 139'

  refuses elf_readelf fixed 'not position-independent'
  refuses elf_sarsen fixed 'fail +static-pie'
  passes emulated fixed
  passes boot fixed
  refuses elf_readelf interpreter 'asks for a dynamic loader'
  refuses elf_sarsen interpreter 'fail +no-interpreter'
  refuses boot interpreter 'ended errno=2'
  refuses alone interpreter 'no exit code on the console'
  refuses elf_readelf needed 'needs shared libraries'
  refuses elf_sarsen needed 'fail +no-needed'
  refuses elf_readelf runpath 'names library folders'
  refuses elf_sarsen runpath 'fail +no-runpath'
  refuses elf_readelf relro 'no RELRO segment'
  refuses elf_sarsen relro 'fail +relro'
  refuses elf_readelf lazy 'may stay lazy'
  refuses elf_sarsen lazy 'fail +bind-now'
  refuses elf_readelf stack 'stack is executable'
  refuses elf_sarsen stack 'fail +noexec-stack'
  refuses elf_readelf wx 'writable and executable'
  refuses elf_sarsen wx 'fail +no-wx'
  refuses elf_readelf pages 'not aligned to 64 KiB'
  refuses elf_sarsen pages 'fail +segment-alignment'
  refuses elf_readelf symbols 'stripped static-PIE'
  refuses elf_sarsen symbols 'fail +stripped'
  refuses elf_readelf path 'paths of a build machine'
  refuses elf_sarsen path 'fail +no-build-paths'
  limit=10 refuses boot endless 'QEMU ended with status 124'

  first=$path second=$elsewhere
  export first second
  refuses reproducible elsewhere 'differ'
  second=$path
  passes reproducible path
  # Inside: what a pipeline's parts set is lost behind it.
  [ "$wrong" = 0 ]
} | tee "$out"
