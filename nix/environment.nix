# How cargo compiles and links a static-PIE for aarch64 Linux: the variables of cargo that say so, for the recipe
# (./arm64.nix) and for the development shell.
#
# rustc's own target makes a fixed-address executable, and `-C relocation-model=pie -C link-arg=-pie` alone links crt1.o:
# a file that looks like a static-PIE and dies before main, since nothing applies its relocations. So rustc has to
# bring nothing (`link-self-contained=no`) and the link starts with musl's self-relocating rcrt1.o. rust-lld does the
# whole link: no C compiler takes part. Only the target's variables are set: build scripts and proc-macros are compiled
# for the build host, untouched.
#
# Arguments: see ./arm64.nix.
{
  kit,
  prepare ? null,
  link ? (arguments: arguments),
  rustflags ? [ ],
}:
let
  inherit (kit.target) sysroot;

  linkArguments = link [
    "-pie"
    "--no-dynamic-linker"
    # A relocation in read-only code would need W+X at start: refuse to link it.
    "-z text"
    # No loader will tell a debugger about itself, so nothing writes to the dynamic table.
    "-z rodynamic"
    "-z relro"
    "-z now"
    "-z noexecstack"
    # The largest page of an arm64 kernel, so that the file loads on 4, 16 and 64 KiB kernels alike.
    "-z max-page-size=65536"
    "--build-id=none"
    "${sysroot}/rcrt1.o"
    "${sysroot}/crti.o"
    "${sysroot}/crtbeginS.o"
    "${sysroot}/crtendS.o"
    "${sysroot}/crtn.o"
  ];
  words = builtins.concatMap (a: builtins.filter builtins.isString (builtins.split " " a)) linkArguments;

  flags =
    kit.target.rustflags { inherit prepare; }
    ++ [
      "-Clinker-flavor=ld.lld"
      "-Clink-self-contained=no"
      "-Crelocation-model=pie"
      "-Ctarget-feature=+crt-static"
      "-Lnative=${sysroot}"
      # Panic messages name source files: the vendored crates get a fixed name, and no store path stays in the file.
      "--remap-path-prefix=${kit.crates}=/crates"
    ]
    ++ map (word: "-Clink-arg=${word}") words
    ++ rustflags;
in
{
  CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER = kit.target.linker;
  CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_RUSTFLAGS = builtins.concatStringsSep " " flags;
}
