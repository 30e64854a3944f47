for deb in $debs; do
  "$busybox" ar p "$deb" data.tar.xz | tar -xJ
done
mkdir "$out"
# musl's libdl.a and libpthread.a are empty: libc.a has it all, but the unwinder names them.
cp usr/lib/aarch64-linux-musl/{libc.a,libdl.a,libpthread.a,crt1.o,rcrt1.o,crti.o,crtn.o} "$out"
cp usr/lib/gcc/aarch64-linux-gnu/14/{crtbeginS.o,crtendS.o} "$out"

# Debian's LLVM unwinder is compiled against glibc with fortified stdio. GCC's cannot serve at all: libgcc_eh.a wants
# glibc's _dl_find_object. A linker script joins the unwinder with the two functions that it misses in musl.
cp "$(find usr/lib -name libunwind.a | head -n 1)" "$out/libunwind-llvm.a"
# The object names its source; a relative name carries no store path.
cp "$fortify" fortify.rs
rustc --edition 2021 --sysroot "$std" --target aarch64-unknown-linux-musl --crate-type lib --emit obj \
  -C panic=abort -C opt-level=3 -o "$out/fortify.o" fortify.rs
echo 'INPUT(libunwind-llvm.a fortify.o)' > "$out/libunwind.a"
