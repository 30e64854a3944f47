# Programs for use outside a build: `nix develop`, `nix fmt` and scripts of the Debian kit.
{
  pins,
  run,
  system,
  workshop,
}:
let
  # bin/enter COMMAND..., and a name for each program that calls enter with it.
  programs = run {
    name = "debian-programs";
    root = workshop;
    inherit workshop;
    enter = ./host.sh;
    names = [
      "cargo"
      "cargo-clippy"
      "cargo-fmt"
      "file"
      "openssl"
      "qemu-aarch64"
      "qemu-system-aarch64"
      "readelf"
      "rustc"
      "rustdoc"
      "rustfmt"
    ];
    script = ''
      mkdir -p "$out/bin"
      sed -e "s#@busybox@#$busybox#g" -e "s#@tree@#$workshop#g" "$enter" > "$out/bin/enter"
      chmod +x "$out/bin/enter"
      for name in $names; do
        [ -e "$workshop/usr/bin/$name" ]
        printf '#!/bin/sh\nexec %s/bin/enter %s "$@"\n' "$out" "$name" > "$out/bin/$name"
        chmod +x "$out/bin/$name"
      done
    '';
  };

  # `nix develop` wants a builder called bash that runs without a loader.
  bash = run {
    name = "bash-static";
    root = workshop;
    script = ''mkdir -p "$out/bin" && cp /usr/bin/bash-static "$out/bin/bash"'';
  };
in
{
  shell =
    environment:
    derivation (
      environment
      // {
        name = "sarsen-shell";
        inherit system;
        outputs = [ "out" ];
        builder = "${bash}/bin/bash";
        args = [
          "-c"
          "echo 'this derivation is for nix develop' >&2; exit 1"
        ];
        PATH = "${programs}/bin:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";
        # What a new shell says about itself.
        shellHook = ''PS1="(sarsen, debian kit) $PS1"'';
      }
    );

  # The seed writes it: no tree is unpacked for a few lines of text.
  script =
    { name, text }:
    derivation {
      inherit name system;
      busybox = "${pins.seed}/bin/busybox";
      builder = "${pins.seed}/bin/busybox";
      args = [
        "sh"
        "-ec"
        ''printf '#!/bin/sh\n%s' "$text" > "$out"; "$busybox" chmod +x "$out"''
      ];
      inherit text;
    };

  formatter = run {
    name = "sarsen-fmt";
    root = workshop;
    inherit programs;
    fmt = ../fmt.sh;
    inherit ((builtins.fromTOML (builtins.readFile ../../Cargo.toml)).package) edition;
    script = ''
      mkdir -p "$out/bin"
      printf '#!/bin/sh\nedition=%s exec %s/bin/enter bash %s "$@"\n' "$edition" "$programs" "$fmt" > "$out/bin/sarsen-fmt"
      chmod +x "$out/bin/sarsen-fmt"
    '';
  };
}
