{
  description = "sarsen, from the Debian archive and the crate registry: no GitHub, no Nix cache";

  outputs =
    { self }:
    import ../outputs.nix {
      kits = {
        x86_64-linux = import ./kit.nix { system = "x86_64-linux"; };
        aarch64-linux = import ./kit.nix { system = "aarch64-linux"; };
      };
    };
}
