# What a static program for aarch64 musl is linked with: { pkgs, toolchain } -> the kit's `target`.
{ pkgs, toolchain }:
let
  rustlib = "${toolchain}/lib/rustlib";
in
{
  linker = "${rustlib}/${pkgs.stdenv.hostPlatform.rust.rustcTarget}/bin/rust-lld";

  # C library and start files by musl.nix: what fixes nixpkgs has for musl, a program gets, whatever musl upstream's std
  # comes with. The frame tables' ends and the unwinder are of that std.
  sysroot =
    pkgs.runCommand "aarch64-musl-sysroot"
      {
        musl = "${import ./musl.nix { inherit pkgs; }}/lib";
        std = "${rustlib}/aarch64-unknown-linux-musl/lib/self-contained";
        allowedReferences = [ ];
      }
      ''
        mkdir "$out"
        cp "$musl"/{libc.a,rcrt1.o,crt1.o,crti.o,crtn.o} "$out"
        cp "$std"/{crtbeginS.o,crtendS.o,libunwind.a} "$out"
      '';

  # std is upstream's binary, in the toolchain's own sysroot, where rustc finds it.
  rustflags =
    {
      prepare ? null,
    }:
    [ ];
}
