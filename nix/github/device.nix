# arm64 kernels and programs of Debian: { pkgs } -> the kit's `kernels`, `samples` and `old-libc`. The pins are the Debian kit's, so
# that both kits boot and judge the same files.
{ pkgs }:
let
  inherit (pkgs) lib;
  pins = (lib.importJSON ../debian/lock.json).target;

  deb =
    pin:
    pkgs.fetchurl {
      # Store names may not hold a tilde.
      name = builtins.replaceStrings [ "~" ] [ "-" ] (baseNameOf pin.path);
      url = "mirror://debian/${pin.path}";
      inherit (pin) sha256;
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
