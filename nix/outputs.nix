# Every output of the flake, written once: { kits } -> outputs, where `kits` holds a kit for each build system.
# docs/architecture.md says what a kit is; nothing here or in checks/ knows where its tools come from.
{ kits }:
let
  sources = import ./sources.nix;
  perSystem = f: builtins.mapAttrs (_: f) kits;

  packages = kit: rec {
    default = kit.build {
      name = "sarsen";
      source = sources.program;
    };
    arm64 = recipe kit { };
  };
  recipe =
    kit:
    import ./arm64.nix {
      inherit kit;
      source = sources.program;
    };

  attestProgram =
    kit:
    kit.script {
      name = "sarsen-attest";
      text = ''
        sarsen=${(packages kit).default}/bin/sarsen flake=${kit.flake}
      ''
      + builtins.readFile ./attest.sh;
    };

  # A file of checks/ is a check; its name is the check's.
  checks =
    kit:
    let
      files = builtins.filter (f: builtins.match ".*\\.nix" f != null) (
        builtins.attrNames (builtins.readDir ../checks)
      );
      context = {
        inherit kit sources;
        inherit (packages kit) arm64;
        sarsen = (packages kit).default;
        recipe = recipe kit;
        environment = import ./environment.nix { inherit kit; };
        # The first program of the machines that are booted.
        init = recipe kit {
          name = "init";
          program = ../checks/init;
          prepare = "";
        };
        varied = builtins.readFile ./varied.sh + builtins.readFile ./other-host.sh;
      };
    in
    builtins.listToAttrs (
      map (file: {
        name = builtins.substring 0 (builtins.stringLength file - 4) file;
        value = import (../checks + "/${file}") context;
      }) files
    );
in
{
  packages = perSystem packages;
  checks = perSystem checks;
  apps = perSystem (kit: rec {
    sarsen = {
      type = "app";
      program = "${(packages kit).default}/bin/sarsen";
      meta.description = "Judges ELF files against the device they are meant for";
    };
    attest = {
      type = "app";
      program = "${attestProgram kit}";
      meta.description = "Builds the arm64 file of this checkout and signs a statement about it";
    };
    default = sarsen;
  });
  devShells = perSystem (kit: {
    # `cargo build --target aarch64-unknown-linux-musl` alone makes there what the recipe makes.
    default = kit.shell (import ./environment.nix { inherit kit; });
  });
  formatter = perSystem (kit: kit.formatter);
}
