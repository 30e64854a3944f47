# Every file that the Debian kit takes from a network, as a fixed-output derivation that is never run: ./fetch downloads
# the files that lock.json and Cargo.lock pin and adds each to the Nix store at the path its derivation names.
{ system }:
let
  lock = builtins.fromJSON (builtins.readFile ./lock.json);
  cargoLock = builtins.fromTOML (builtins.readFile ../../Cargo.lock);

  # Not every Nix has a shell in its sandbox, but each reports which builder it could not start.
  pinned =
    attrs:
    derivation (
      {
        inherit system;
        builder = "${attrs.name} is pinned but not in the Nix store: run nix/debian/fetch, which downloads it";
        outputHashAlgo = "sha256";
        outputHashMode = "flat";
      }
      // attrs
    );

  # Store names may not hold a tilde.
  deb =
    _: pin:
    pinned {
      name = builtins.replaceStrings [ "~" ] [ "-" ] (baseNameOf pin.path);
      outputHash = pin.sha256;
    }
    // {
      inherit (pin) path size sha256;
    };

  debs = set: builtins.attrValues (builtins.mapAttrs deb set);

  crate =
    name: sha256:
    pinned {
      name = "${name}.crate";
      outputHash = sha256;
    }
    // {
      crate = name;
      inherit sha256;
    };

  # Local crates have no checksum; cargo-deny's policy refuses every source but the registry.
  applicationCrates = builtins.listToAttrs (
    map (p: {
      name = "${p.name}-${p.version}";
      value = p.checksum;
    }) (builtins.filter (p: p ? checksum) cargoLock.package)
  );
in
rec {
  seed = pinned {
    name = "busybox";
    outputHashMode = "recursive";
    outputHash = lock.${system}.seed;
  };
  seedPackage = builtins.head (debs lock.${system}.seed-package);

  # Sets of Debian packages, by the names of packages.nix.
  rust = debs lock.${system}.rust;
  tools = debs lock.${system}.tools;
  target = builtins.mapAttrs (_: debs) lock.target;

  # Crates: what sarsen depends on, and what the standard library is built of.
  crates = builtins.attrValues (builtins.mapAttrs crate applicationCrates);
  stdCrates = builtins.attrValues (builtins.mapAttrs crate lock.std);

  # For ./fetch: a line a file, "store path, file name, SHA-256, size, path in the mirror".
  debLines = builtins.concatStringsSep "\n" (
    map (p: "${builtins.unsafeDiscardStringContext p.outPath} ${p.name} ${p.sha256} ${toString p.size} ${p.path}") (
      unique (rust ++ tools ++ builtins.concatLists (builtins.attrValues target))
    )
  );
  crateLines =
    set:
    builtins.concatStringsSep "\n" (
      map (p: "${builtins.unsafeDiscardStringContext p.outPath} ${p.name} ${p.sha256} 0 ${p.crate}") set
    );
  applicationCrateLines = crateLines crates;
  stdCrateLines = crateLines stdCrates;

  unique =
    list:
    builtins.attrValues (
      builtins.listToAttrs (
        map (p: {
          name = p.path;
          value = p;
        }) list
      )
    );
}
