# The kit on the Debian archive and the crate registry: see docs/architecture.md for what each attribute promises.
{ system }:
let
  pins = import ./pins.nix { inherit system; };
  inTree = import ./run.nix { inherit pins system; };
  vendor = import ./vendor.nix { inherit pins system; };
  tree = import ./tree.nix { inherit pins system; };

  # What compiles the program, and that with what judges it: a new QEMU does not rebuild the binary.
  rust = tree "debian-rust" pins.rust;
  workshop = tree "debian-workshop" (pins.unique (pins.rust ++ pins.tools));

  std = import ./std.nix {
    inherit
      pins
      rust
      varied
      vendor
      ;
    run = inTree;
  };
  sysroot = import ./sysroot.nix {
    inherit pins rust;
    run = inTree;
    std = std { };
  };
  # The shell code that varies a build's environment, and, if there is some, where glibc finds its locale.
  varied = prepare: { inherit prepare; } // (if prepare == "" then { } else { LOCPATH = locale; });
  locale = unpacked "locale" pins.target.locale ''
    mkdir "$out"
    I18NPATH=usr/share/i18n localedef --inputfile=de_CH --charmap=UTF-8 "$out/de_CH.UTF-8"
  '';
  cargo = import ./cargo.nix {
    inherit
      pins
      rust
      system
      varied
      vendor
      workshop
      ;
    run = inTree;
  };

  # The tree holds every tool; the names are compared so that a check asks for what it uses, in both kits.
  known = [
    "bsdtar"
    "cargo-deny"
    "cpio"
    "file"
    "jq"
    "ldconfig"
    "llvm"
    "musl-gcc"
    "nix"
    "openssl"
    "patchelf"
    "python3"
    "qemu-system"
    "qemu-user"
    "readelf"
    "setarch"
    "strace"
    "unshare"
    "zstd"
  ];
  withTools =
    f:
    {
      tools ? [ ],
      ...
    }@attrs:
    let
      unknown = builtins.filter (t: !builtins.elem t known) tools;
    in
    if unknown == [ ] then
      f (removeAttrs attrs [ "tools" ])
    else
      throw "the kit has no tool called ${builtins.head unknown}; it has ${toString known}";

  run = withTools (attrs: inTree (attrs // { root = workshop; }));

  # The packages of a target set, unpacked by `script`, which sees the files below the current folder.
  unpacked =
    name: debs: script:
    run {
      inherit name debs;
      script = ''
        for deb in $debs; do "$busybox" ar p "$deb" data.tar.xz | tar -xJ; done
      ''
      + script;
    };
  host = import ./host.nix {
    inherit pins system workshop;
    run = inTree;
  };
  # A kernel's own configuration says which pages it has.
  kernel =
    name: pages:
    unpacked name pins.target.${name} ''
      grep -qx "CONFIG_ARM64_${pages}_PAGES=y" boot/config-*
      cp boot/vmlinuz-* "$out"
    '';
in
{
  name = "debian";
  inherit system run;
  inherit (cargo) build crates;
  inherit (host) shell formatter script;
  flake = "/nix/debian";
  cargo = withTools cargo.cargo;

  target = {
    linker = "/usr/bin/ld.lld-19";
    inherit sysroot;
    rustflags =
      {
        prepare ? null,
      }:
      [ "--sysroot=${std { prepare = if prepare == null then "" else prepare; }}" ];
  };

  kernels = {
    kernel-4k = kernel "kernel-4k" "4K";
    kernel-16k = kernel "kernel-16k" "16K";
  };
  firmware = "${workshop}/usr/share/qemu-efi-aarch64/QEMU_EFI.fd";
  samples = unpacked "samples" pins.target.samples ''
    mkdir "$out"
    cp usr/bin/busybox usr/bin/ls usr/bin/bash-static "$out"
    cp usr/lib/aarch64-linux-musl/libc.so "$out/ld-musl-aarch64.so.1"
  '';
  old-libc = unpacked "old-libc" pins.target.old-libc ''
    mkdir "$out"
    cp -a bin lib "$out"
  '';

  # What tests print where their outsiders are missing (checks/test.sh).
  lacks = [
    "nothing can be built in a store of its own here"
    "there is no aarch64-linux-gnu-gcc"
    "there is no git"
    "there is no go"
    "sh [\"-c\", \"command -v ssh-keygen && id -un\"] does not run on this machine"
    "xxd [\"-v\"] does not run on this machine"
    "python3 [\"-c\", \"import gmssl_fast\"] does not run on this machine"
    "python3 [\"-c\", \"import securesystemslib.dsse, cryptography\"] does not run on this machine"
    "python3 [\"-c\", \"import sigstore.dsse, sigstore_models.bundle.v1\"] does not run on this machine"
  ];

  # Debian has no cargo-deny: a script judges the parts of deny.toml that need no advisory database.
  deny = "python3 ${./deny.py}";
}
