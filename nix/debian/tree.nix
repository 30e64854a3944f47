# Debian packages unpacked into one folder of the Nix store: { pins, system } -> name -> packages -> derivation.
{ pins, system }:
name: debs:
derivation {
  inherit name system debs;
  inherit (pins) seed;
  builder = "${pins.seed}/bin/busybox";
  args = [
    "sh"
    ./unpack.sh
  ];
}
