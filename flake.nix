{
  description = "Judges, explains and ships static binaries for locked-down ARM64 Linux devices";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
    crane.url = "github:ipetkov/crane/v0.23.4";
    rust-overlay = {
      url = "github:oxalica/rust-overlay";
      inputs.nixpkgs.follows = "nixpkgs";
    };
  };

  outputs =
    {
      nixpkgs,
      crane,
      rust-overlay,
      ...
    }:
    let
      kit =
        system:
        let
          pkgs = nixpkgs.legacyPackages.${system};
        in
        import ./nix/github/kit.nix {
          inherit pkgs;
          inherit (crane) mkLib;
          rust-bin = rust-overlay.lib.mkRustBin { } pkgs;
        };
    in
    import ./nix/outputs.nix {
      kits = {
        x86_64-linux = kit "x86_64-linux";
        aarch64-linux = kit "aarch64-linux";
      };
    };
}
