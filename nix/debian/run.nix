# Runs a script inside an unpacked tree: { pins, system } -> { name, root, script, ... } -> derivation.
# Whatever else the set holds reaches the script as environment, as with Nix's own `derivation`.
{ pins, system }:
{
  name,
  root,
  script,
  ...
}@attrs:
derivation (
  attrs
  // {
    inherit system;
    inherit (pins) seed;
    builder = "${pins.seed}/bin/busybox";
    args = [
      "sh"
      ./enter.sh
    ];
  }
)
