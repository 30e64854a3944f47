# What is compiled for the target has one name on hosts of every architecture (../nix/host-neutral-rustc), and no two
# crates have the same. The whole recipe is judged by `reproducible`, which builds sarsen as if on the other host; here
# a small graph shows that each part of the wrapper is needed.
{ kit, ... }:
kit.cargo {
  name = "host-neutral";
  source = ./host-neutral;
  wrapper = ../nix/host-neutral-rustc;
  other_host = builtins.readFile ../nix/other-host.sh;
  script = builtins.readFile ./host-neutral.sh;
}
