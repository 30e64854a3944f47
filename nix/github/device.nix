# arm64 kernels and programs of Debian: { pkgs } -> the kit's `kernels`, `samples` and `old-libc`. The pins are the
# Debian kit's, so that both kits boot and judge the same files.
{ pkgs }:
let
  inherit (pkgs) lib;
  pins = (lib.importJSON ../debian/lock.json).target;

  # A mirror drops a package when a point release replaces it: an older checkout needs one that keeps them all, which
  # nixpkgs' list does not name. fetchurl takes it from its caller.
  deb =
    pin:
    (pkgs.fetchurl {
      # Store names may not hold a tilde.
      name = builtins.replaceStrings [ "~" ] [ "-" ] (baseNameOf pin.path);
      url = "mirror://debian/${pin.path}";
      inherit (pin) sha256;
    }).overrideAttrs
      {
        failureHook = ''
          echo "${pin.path} did not come from the mirrors that nixpkgs knows; if they answer but lack it, a point release of Debian has replaced it: set NIX_MIRRORS_debian to the address, ending in /, of a mirror that keeps old packages (a snapshot of the archive), in the environment of nix-daemon where there is one, and build again" >&2
        '';
      };

  # The packages of a set, unpacked by `script`, which sees their files below the current folder.
  unpacked =
    name: script:
    pkgs.runCommand name
      {
        nativeBuildInputs = [ pkgs.dpkg ];
        debs = map deb (lib.attrValues pins.${name});
      }
      ''
        for deb in $debs; do dpkg-deb --fsys-tarfile "$deb" | tar -x --no-same-permissions; done
        ${script}
      '';
in
{
  # A kernel's own configuration says which pages it has.
  kernels =
    lib.mapAttrs
      (
        name: pages:
        unpacked name ''
          grep -qx "CONFIG_ARM64_${pages}_PAGES=y" boot/config-*
          cp boot/vmlinuz-* "$out"
        ''
      )
      {
        kernel-4k = "4K";
        kernel-16k = "16K";
      };

  samples = unpacked "samples" ''
    mkdir "$out"
    cp usr/bin/busybox usr/bin/ls usr/bin/bash-static "$out"
    cp usr/lib/aarch64-linux-musl/libc.so "$out/ld-musl-aarch64.so.1"
  '';

  old-libc = unpacked "old-libc" ''
    mkdir "$out"
    cp -a bin lib "$out"
  '';
}
