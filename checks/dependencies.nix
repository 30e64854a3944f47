# What the program is compiled from is the same bytes each time: the vendored crates, and the compiled dependencies for the
# device and for the build host. Their derivations are built twice, once with one job, which orders the work otherwise.
# A rebuild of the program alone (`nix build --rebuild`) takes them as they are, so it would not see a difference.
{
  kit,
  arm64,
  sarsen,
  ...
}:
let
  inputs = {
    arm64 = arm64.dependencies;
    host = sarsen.dependencies;
    inherit (kit) crates;
  };
  again = _: input: derivation (input.drvAttrs // { CARGO_BUILD_JOBS = "1"; });
  second = builtins.mapAttrs again inputs;
in
kit.run (
  inputs
  // {
    name = "dependencies";
    arm64_again = second.arm64;
    host_again = second.host;
    crates_again = second.crates;
    reproducible = builtins.readFile ./reproducible.sh;
    script = ''
      for name in arm64 host crates; do
        again=''${name}_again
        first=''${!name} second=''${!again} bash -euo pipefail -c "$reproducible" > said.txt || {
          echo "dependencies: the derivation of $name does not repeat" >&2
          exit 1
        }
        echo "$name: $(grep -cE '^[0-9a-f]{64}  ' first.txt) files repeat" | tee -a $out
      done
    '';
  }
)
