# A crate of one empty file has cargo build std with the flags of a release; its rlibs are the component.
target=aarch64-unknown-linux-musl
mkdir -p std/src && touch std/src/lib.rs && cd std
cat > Cargo.toml <<'T'
[package]
name = "std-for-target"
version = "0.0.0"
edition = "2021"
[profile.release]
opt-level = 3
codegen-units = 1
panic = "abort"
T
mkdir .cargo
cat > .cargo/config.toml <<T
[source.crates-io]
replace-with = "vendored"
[source.vendored]
directory = "$crates"
T
sources=$(rustc --print sysroot)/lib/rustlib/src/rust
# Bitcode, so that applications can use fat LTO across std. Paths as upstream's own builds name them.
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_RUSTFLAGS="-C embed-bitcode=yes -C force-unwind-tables=yes \
  --remap-path-prefix=$sources=/rustc/$(rustc --version | cut -d ' ' -f 2) --remap-path-prefix=$crates=/crates"
eval "$prepare"
export RUSTC_BOOTSTRAP=1
cargo build --offline --release --target "$target" \
  -Z build-std=std,panic_abort -Z build-std-features=panic-unwind,backtrace
mkdir -p "$out/lib/rustlib/$target/lib"
# By the names inside, which the wrapper links to, so that rustc finds each at once.
find "target/$target/release/deps" -type l -name '*.rlib' ! -name 'libstd_for_target*' \
  -exec cp -L {} "$out/lib/rustlib/$target/lib/" \;
