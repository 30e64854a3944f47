# Cargo by crane: { pkgs, tool, crane } -> the kit's `build`, `cargo` and `crates`.
{
  pkgs,
  tool,
  crane,
}:
let
  inherit (pkgs) lib;

  # crane vendors one derivation a crate and joins them by links. One folder without links is one prefix to remap,
  # whichever of its names a compiler prints. Every build is given this folder, one of a crate without dependencies
  # (checks/faults) too.
  crates = pkgs.runCommand "crates" { vendored = crane.vendorCargoDeps { cargoLock = ../../Cargo.lock; }; } ''
    mkdir "$out"
    cp -rL "$vendored"/*/* "$out"
  '';

  # What the dependencies are compiled from: both manifests, and an empty file for each of the crate's roots. Taken from
  # the checkout, not from a `source`, which may not be in the store while Nix evaluates without building.
  manifests = crane.mkDummySrc {
    src = lib.cleanSourceWith {
      name = "manifests";
      src = ../../.;
      filter = path: _: builtins.elem path (map toString [ ../../Cargo.toml ../../Cargo.lock ]);
    };
  };

  inherit (lib.importTOML ../../Cargo.toml) package;

  common = {
    inherit (package) version;
    cargoVendorDir = crates;
    strictDeps = true;
    doCheck = false;
    # The file stays as cargo linked it: nothing strips it, and nothing edits paths inside.
    dontFixup = true;
    # Else nixpkgs has linkers write the output's own lib/, which no output here has, into all that they link: two
    # outputs of one recipe would hold different build scripts and proc-macros.
    NIX_NO_SELF_RPATH = 1;
  };

  build =
    {
      name,
      source,
      target ? null,
      env ? { },
      prepare ? null,
      allowedReferences ? null,
    }:
    let
      release = if target == null then "target/release" else "target/${target}/release";
      arguments = common // {
        pname = name;
        env =
          env
          # The host's program needs its libraries from the store, but not the source of its crates.
          // lib.optionalAttrs (target == null) { CARGO_BUILD_RUSTFLAGS = "--remap-path-prefix=${crates}=/crates"; }
          // lib.optionalAttrs (prepare != null) {
            inherit prepare;
            # The locale of nix/varied.sh.
            LOCALE_ARCHIVE = "${pkgs.glibcLocales}/lib/locale/locale-archive";
          };
        # `prepare` may change the folder and wrap cargo, for this phase and those that follow.
        buildPhaseCargoCommand = ''
          eval "''${prepare:-}"
          cargo build --release --locked --offline ${lib.optionalString (target != null) "--target ${target}"}
        '';
      };
      dependencies = crane.buildDepsOnly (
        arguments
        // {
          dummySrc = manifests;
          # The same files make the same archive; cargo writes the compiler's time into the one that is left out.
          postBuild = "rm -f target/.rustc_info.json";
        }
      );
    in
    crane.mkCargoDerivation (
      arguments
      // {
        src = source;
        cargoArtifacts = if prepare == null then dependencies else null;
        doInstallCargoArtifacts = false;
        installPhaseCommand = ''
          mkdir -p "$out/bin"
          find ${release} -maxdepth 1 -type f -perm -u+x -exec cp {} "$out/bin/" \;
        '';
        # What nix/varied.sh calls, beside the standard environment; setarch's package has unshare, too.
        nativeBuildInputs = lib.optionals (prepare != null) [
          pkgs.unixtools.hostname
          (tool "setarch")
        ];
      }
      // lib.optionalAttrs (allowedReferences != null) { inherit allowedReferences; }
      // lib.optionalAttrs (prepare == null) { passthru = { inherit dependencies; }; }
      # What the checks compile is no package.
      // lib.optionalAttrs (lib.hasPrefix package.name name) {
        meta = {
          inherit (package) description;
          license = with lib.licenses; [
            mit
            asl20
          ];
          mainProgram = package.name;
          # Where it is compiled: with a target, the file runs elsewhere.
          platforms = [
            "x86_64-linux"
            "aarch64-linux"
          ];
        };
      }
    );

  cargo =
    {
      name,
      source,
      script,
      tools ? [ ],
      ...
    }@attrs:
    crane.mkCargoDerivation (
      removeAttrs attrs [
        "name"
        "source"
        "tools"
      ]
      // common
      // {
        pname = name;
        src = source;
        cargoArtifacts = null;
        doInstallCargoArtifacts = false;
        nativeBuildInputs = map tool tools;
        # The script runs in a bash of its own, as the kit's `run` has it, and writes $out itself.
        passAsFile = [ "script" ];
        buildPhaseCargoCommand = ''bash -euo pipefail "$scriptPath"'';
        installPhaseCommand = "";
      }
    );
in
{
  inherit build cargo crates;
}
