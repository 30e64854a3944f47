# The unpacked Rust toolchain alone: ./fetch runs its cargo before any crate is in the store.
{
  system ? builtins.currentSystem,
}:
let
  pins = import ./pins.nix { inherit system; };
in
import ./tree.nix { inherit pins system; } "debian-rust" pins.rust
