# $subject: the file to judge. What readelf cannot see is whether a static-PIE relocates itself: `emulated` runs it.
readelf -hldSW "$subject" > facts.txt
file -b "$subject" >> facts.txt
failed=0
refuse() { echo "elf-readelf: $subject: $*" >&2; failed=1; }
must() { grep -qE -- "$1" facts.txt || refuse "no line matches '$1': $2"; }
must_not() { if grep -E -- "$1" facts.txt >&2; then refuse "$2"; fi; }

must '^ *Class: +ELF64$' "not a 64-bit file"
must '^ *Machine: +AArch64$' "not for aarch64"
must '^ *Type: +DYN' "not position-independent: the kernel would load it at a fixed address"
must 'FLAGS_1.* PIE' "DF_1_PIE is not set"
must 'BIND_NOW|FLAGS_1.* NOW' "relocations may stay lazy, so RELRO is not full"
must '^ *GNU_RELRO ' "no RELRO segment"
must '^ *GNU_STACK .* RW +' "the stack is executable, or the file does not say"
must 'static-pie linked, stripped$' "file(1) does not call it a stripped static-PIE"
must_not '^ *INTERP ' "it asks for a dynamic loader"
must_not '\(NEEDED\)' "it needs shared libraries"
must_not '\((RPATH|RUNPATH)\)' "it names library folders"
must_not '\(TEXTREL\)' "it relocates read-only code"
must_not '^ *(LOAD|GNU_RELRO|TLS) .* RWE ' "a segment is writable and executable"
must_not '\.(symtab|strtab|debug_[a-z]+)( |$)' "symbols or debug sections are left"

aligned=$(awk '$1 == "LOAD" && $NF != "0x10000"' facts.txt)
[ -z "$aligned" ] || refuse "a segment is not aligned to 64 KiB: $aligned"

paths=$(grep -aoE '/nix/store/[a-z0-9]{32}|/(build|home|root|usr/src|usr/lib/rustlib|\.cargo/registry)/([[:alnum:]_]|\.[a-z])[[:graph:]]{0,40}' "$subject" | sort -u | head -n 3 || true)
[ -z "$paths" ] || refuse "paths of a build machine are inside: $paths"
[ "$failed" = 0 ]
