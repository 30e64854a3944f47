# musl for aarch64, as a static program links it: { pkgs } -> a directory with libc.a and the start files.
#
# Version, source and patches are those of nixpkgs' cross package set, which is only evaluated for them. Its compiler is
# not used: the binary cache has GCC for this target at few revisions of a release branch, and everyone else would
# compile one first. clang compiles for every target that it knows, and the native one is in the cache.
{ pkgs }:
let
  inherit (pkgs.pkgsCross.aarch64-multiplatform-musl) musl;
  inherit (pkgs) llvmPackages;
in
pkgs.stdenvNoCC.mkDerivation {
  pname = "aarch64-musl";
  inherit (musl) version src patches;

  # The compilers as they are, without nixpkgs' wrapper, whose flags are for programs of the build host. No linker: an
  # archive is not linked, and what configure would like to know of one is about libc.so.
  nativeBuildInputs = map pkgs.lib.getBin [
    llvmPackages.clang-unwrapped
    llvmPackages.llvm
  ];
  env = {
    CC = "clang --target=aarch64-linux-musl";
    AR = "llvm-ar";
    RANLIB = "llvm-ranlib";
    CFLAGS = toString [
      # What is linked is a static-PIE, whatever clang's packager made the default.
      "-fPIC"
      # As in nixpkgs' musl: by its own recipe, and by the wrapper of its compiler. That one's -fno-strict-overflow and
      # -fzero-call-used-regs are left out; musl relies on neither, nor does Rust's code, which is most of a program.
      "-fstack-protector-strong"
      "-fstack-clash-protection"
      # Without it clang decides by the libgcc that it finds on the build host.
      "-mno-outline-atomics"
    ];
  };

  # nixpkgs has musl keep its tables for unwinding, for debuggers, and its debug information, in another output. Here
  # musl's own default holds, neither: the program is stripped, and its panics abort.
  configurePhase = ''
    runHook preConfigure
    ./configure --target=aarch64-linux-musl --disable-shared --disable-wrapper
    runHook postConfigure
  '';
  enableParallelBuilding = true;
  buildFlags = map (file: "lib/${file}") [
    "libc.a"
    "rcrt1.o"
    "crt1.o"
    "Scrt1.o"
    "crti.o"
    "crtn.o"
  ];
  installPhase = ''
    runHook preInstall
    mkdir -p "$out/lib"
    cp $buildFlags "$out/lib"
    runHook postInstall
  '';
  # The files stay as they were compiled, and name nothing of the build host.
  dontFixup = true;
  allowedReferences = [ ];

  meta = {
    inherit (musl.meta) description homepage license;
    platforms = [
      "x86_64-linux"
      "aarch64-linux"
    ];
  };
}
