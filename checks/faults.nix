# A check that cannot fail proves nothing: a small program is built by the recipe with one fault at a time, and the
# checks of the built file must refuse it, for the reason that was planted. Without a fault they must pass it.
{
  kit,
  init,
  recipe,
  sarsen,
  varied,
  ...
}:
let
  inherit (kit.target) linker sysroot;

  build =
    name: changes:
    recipe (
      {
        name = "planted-${name}";
        program = ./faults;
        prepare = "";
      }
      // changes
    );
  # One link argument spelled otherwise.
  instead = from: to: { link = map (builtins.replaceStrings [ from ] [ to ]); };
  also = more: { link = arguments: arguments ++ more; };

  library = kit.run {
    name = "planted-library";
    inherit linker sysroot;
    script = ''
      mkdir "$out"
      "$linker" -flavor gnu -m aarch64linux -shared -soname libplanted.so -o "$out/libplanted.so" "$sysroot/crti.o"
    '';
  };

  programs = builtins.mapAttrs build {
    healthy = { };
    start = instead "/rcrt1.o" "/crt1.o";
    # The same pair with packed relative relocations (RELR).
    packed = also [ "--pack-dyn-relocs=relr" ];
    packed_start = {
      link =
        arguments:
        map (builtins.replaceStrings [ "/rcrt1.o" ] [ "/crt1.o" ]) arguments ++ [ "--pack-dyn-relocs=relr" ];
    };
    fixed = {
      link = map (builtins.replaceStrings [ "-pie" "/rcrt1.o" ] [ "-no-pie" "/crt1.o" ]);
    };
    interpreter = instead "--no-dynamic-linker" "--dynamic-linker=/lib/ld-musl-aarch64.so.1";
    needed = also [
      "-Bdynamic"
      "--no-as-needed"
      "${library}/libplanted.so"
    ];
    runpath = also [ "-rpath=/opt/lib" ];
    relro = instead "-z relro" "-z norelro";
    lazy = instead "-z now" "-z lazy";
    stack = instead "-z noexecstack" "-z execstack";
    wx = also [ "--omagic" ];
    pages = instead "65536" "4096";
    symbols.rustflags = [ "-Cstrip=none" ];
    path.rustflags = [ "--cfg=build_path" ];
    endless.rustflags = [ "--cfg=endless" ];
    elsewhere = {
      rustflags = [ "--cfg=build_path" ];
      prepare = varied;
    };
  };
in
kit.run (
  programs
  // {
    name = "faults";
    tools = [
      "readelf"
      "file"
      "qemu-user"
      "qemu-system"
      "cpio"
    ];
    inherit init sarsen;
    kernel = kit.kernels.kernel-4k;
    elf_readelf = builtins.readFile ./elf-readelf.sh;
    elf_sarsen = builtins.readFile ./elf-sarsen.sh;
    emulated = builtins.readFile ./emulated.sh;
    boot = builtins.readFile ./boot.sh + ''boot planted "$kernel"'';
    alone = builtins.readFile ./boot.sh + ''alone planted "$kernel"'';
    reproducible = builtins.readFile ./reproducible.sh;
    script = builtins.readFile ./faults.sh;
  }
)
