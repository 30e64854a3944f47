# The kit on nixpkgs, crane and rust-overlay: see docs/architecture.md for what each attribute promises.
{
  pkgs,
  mkLib,
  rust-bin,
}:
let
  inherit (pkgs) lib;
  pinned = (lib.importTOML ../../rust-toolchain.toml).toolchain;

  # Where rustc finds the source of std, it writes that folder, a path of the store, into the panic messages of what it
  # compiles. Programs are compiled without it; the shell has it, for editors.
  toolchain = rust-bin.fromRustupToolchain (
    pinned // { components = lib.remove "rust-src" pinned.components; }
  );
  toolchainWithSource = rust-bin.fromRustupToolchain pinned;

  packages = {
    inherit (pkgs)
      cargo-deny
      cpio
      file
      jq
      openssl
      patchelf
      python3
      qemu-user
      strace
      zstd
      ;
    bsdtar = pkgs.libarchive;
    ldconfig = pkgs.glibc;
    llvm = pkgs.llvmPackages_19.llvm;
    musl-gcc = pkgs.musl.dev;
    nix = pkgs.nix;
    qemu-system = pkgs.qemu;
    readelf = pkgs.binutils;
    setarch = pkgs.util-linux;
    # And mount.
    unshare = pkgs.util-linux;
  };
  tool =
    name:
    lib.getBin (
      packages.${name}
        or (throw "the kit has no tool called ${name}; it has ${toString (lib.attrNames packages)}")
    );

  # Whatever else the set holds reaches the script as environment; the script runs in a bash of its own, so that the
  # options and functions of nixpkgs' builder do not change what it means.
  run =
    {
      name,
      script,
      tools ? [ ],
      ...
    }@attrs:
    pkgs.runCommand name (
      removeAttrs attrs [
        "name"
        "tools"
      ]
      // {
        nativeBuildInputs = map tool tools;
        passAsFile = [ "script" ];
      }
    ) ''bash -euo pipefail "$scriptPath"'';

  cargo = import ./cargo.nix {
    inherit pkgs tool;
    # crane's own way to write a manifest compiles a Rust program with nixpkgs' compiler; this one is a script.
    crane = ((mkLib pkgs).overrideToolchain toolchain).overrideScope (
      final: _: { writeTOML = final.writeTOMLViaRemarshal; }
    );
  };
in
{
  name = "github";
  flake = "";
  inherit (pkgs.stdenv.hostPlatform) system;
  inherit run;
  inherit (cargo) build cargo crates;
  inherit (import ./device.nix { inherit pkgs; }) kernels samples old-libc;

  target = import ./target.nix { inherit pkgs toolchain; };

  # QEMU brings EDK II for the machine it emulates: nothing to build.
  firmware = "${pkgs.qemu}/share/qemu/edk2-aarch64-code.fd";

  # What tests print where their outsiders are missing (checks/test.sh).
  lacks = [
    "nothing can be built in a store of its own here"
    "there is no aarch64-linux-gnu-gcc"
    "there is no git"
    "there is no go"
    "there is no static C library"
    "sh [\"-c\", \"command -v ssh-keygen && id -un\"] does not run on this machine"
    "xxd [\"-v\"] does not run on this machine"
    "python3 [\"-c\", \"import gmssl_fast\"] does not run on this machine"
    "python3 [\"-c\", \"import securesystemslib.dsse, cryptography\"] does not run on this machine"
    "python3 [\"-c\", \"import sigstore.dsse, sigstore_models.bundle.v1\"] does not run on this machine"
    "swtpm [\"--version\"] does not run on this machine"
  ];

  # Advisories are left out: their database changes under a fixed checkout, and a check must not.
  deny = "cargo deny --offline --locked check bans licenses sources 2>&1";

  shell =
    environment:
    pkgs.mkShell {
      name = "sarsen";
      # Else the shell's compiler would look for headers in every tool, and musl's are among them.
      strictDeps = true;
      packages = [ toolchainWithSource ] ++ map tool (lib.attrNames packages);
      env = environment;
    };
  script = { name, text }: pkgs.writeShellScript name text;
  formatter = pkgs.writeShellScriptBin "sarsen-fmt" (
    ''
      PATH=${lib.makeBinPath [ toolchain pkgs.findutils ]}:$PATH
      edition=${(lib.importTOML ../../Cargo.toml).package.edition}
    ''
    + builtins.readFile ../fmt.sh
  );
}
