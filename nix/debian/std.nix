# Rust's standard library for aarch64 musl, compiled from the toolchain's own sources, in the layout of an upstream
# rust-std component (lib/rustlib/<target>/lib): Debian packages none. `prepare` is shell code that varies the
# environment of the build; the bytes must not depend on it.
{
  pins,
  run,
  rust,
  varied,
  vendor,
}:
{
  prepare ? "",
}:
run (
  varied prepare
  // {
    name = "rust-std-aarch64-musl";
    root = rust;
    crates = vendor "std-crates" pins.stdCrates;
    RUSTC_WRAPPER = ../host-neutral-rustc;
    script = builtins.readFile ./std.sh;
  }
)
