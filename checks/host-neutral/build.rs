//! Writes a function whose panic names the file it is written to.

fn main() {
    assert_eq!(counted::width(), 32, "the host's crate has the target's feature");
    let folder = std::env::var_os("OUT_DIR").unwrap();
    let source = "/// Panics for an empty list.\npub fn first(list: &[u64]) -> u64 { list[0] }\n";
    std::fs::write(std::path::Path::new(&folder).join("first.rs"), source).unwrap();
    println!("cargo::rerun-if-changed=build.rs");
}
