# The kit on the Debian archive and the crate registry: see docs/architecture.md for what each attribute promises.
{ system }:
let
  pins = import ./pins.nix { inherit system; };
  run = import ./run.nix { inherit pins system; };
  vendor = import ./vendor.nix { inherit pins system; };
  tree = import ./tree.nix { inherit pins system; };

  rust = tree "debian-rust" pins.rust;
  # Cargo's checks may also run what they compile, so one tree holds both sets.
  workshop = tree "debian-workshop" (pins.unique (pins.rust ++ pins.tools));

  cargo = import ./cargo.nix {
    inherit
      pins
      run
      rust
      vendor

      ;
  };
  std = import ./std.nix {
    inherit
      pins
      run
      rust
      vendor
      ;
  };
  sysroot = import ./sysroot.nix {
    inherit pins run rust;
    std = std { };
  };
in
{
  name = "debian";
  inherit system;

  target = {
    linker = "/usr/bin/ld.lld-19";
    inherit sysroot;
    rustflags = { prepare ? "" }: [ "--sysroot=${std { inherit prepare; }}" ];
  };
  inherit (cargo) build cargo crates;

  run =
    { tools ? [ ], ... }@attrs: run (removeAttrs attrs [ "tools" ] // { root = workshop; });

  kernels = builtins.mapAttrs (
    name: debs:
    run {
      inherit name debs;
      root = workshop;
      script = ''
        "$busybox" ar p $debs data.tar.xz | tar -xJ --wildcards './boot/vmlinuz-*'
        cp boot/vmlinuz-* "$out"
      '';
    }
  ) { inherit (pins.target) kernel-4k kernel-16k; };

  samples = run {
    name = "samples";
    root = workshop;
    debs = pins.target.samples;
    script = ''
      for deb in $debs; do "$busybox" ar p "$deb" data.tar.xz | tar -xJ; done
      mkdir "$out"
      cp usr/bin/busybox usr/bin/ls usr/bin/bash-static "$out"
      cp usr/lib/aarch64-linux-musl/libc.so "$out/ld-musl-aarch64.so.1"
    '';
  };
}
