# Crates unpacked as a directory source, cargo's own format for vendored crates: { pins, system } -> name -> crates -> derivation.
{ pins, system }:
name: crates:
derivation {
  inherit name system;
  inherit (pins) seed;
  crates = map (c: "${c} ${c.crate} ${c.sha256}") crates;
  passAsFile = [ "crates" ];
  builder = "${pins.seed}/bin/busybox";
  args = [
    "sh"
    ./vendor.sh
  ];
}
