# What the Debian kit is made of. `./relock` resolves these names on a Debian mirror and writes lock.json: after an edit
# here, or after a Debian point release, run it once.
#
# `host` sets are closed over Debian's Depends and unpacked into one tree for each build system. `target` sets are single
# arm64 packages, whatever they depend on: files to link against, kernels to boot, programs to judge.
rec {
  suite = "trixie";

  # Where older kernels still are. The device of the mission runs 5.10, which is Debian 11's kernel.
  oldSuite = "bullseye";

  shell = [
    "bash"
    "coreutils"
    "diffutils"
    "findutils"
    "gawk"
    "grep"
    "gzip"
    "hostname"
    "sed"
    "tar"
    "util-linux"
    "xz-utils"
  ];

  host = {
    # Everything that compiles: rustc with its sources (std is built here), and gcc to link programs for the build host.
    rust = shell ++ [
      "binutils"
      "cargo"
      "gcc"
      "libc6-dev"
      "lld-19"
      "rust-clippy"
      "rust-src"
      "rustc"
      "rustfmt"
    ];
    # Everything that judges and runs what was compiled.
    tools = shell ++ [
      "binutils"
      "bash-static"
      "cpio"
      "file"
      "jq"
      "libarchive-tools"
      "libc-bin"
      "llvm-19"
      "musl-tools"
      "nix-bin"
      "openssl"
      "patchelf"
      "python3"
      "qemu-efi-aarch64"
      "qemu-system-arm"
      "qemu-user"
      "strace"
      "swtpm"
      "tpm2-tools"
      "zstd"
    ];
  };

  target = {
    # musl and its start files; GCC's crtbeginS.o and crtendS.o; LLVM's unwinder, since GCC's wants glibc.
    sysroot = [
      "musl-dev"
      "libgcc-14-dev"
      "libunwind-19-dev"
    ];
    # The kernels of the boot test, with pages of 4 KiB and of 16 KiB.
    kernel-4k = [ "linux-image-5.10.0-32-cloud-arm64-unsigned" ];
    kernel-16k = [ "linux-image-[0-9.]+\\+deb13-arm64-16k-unsigned" ];
    # The sources of locales: the rebuild in another environment (nix/varied.sh) has one.
    locale = [ "locales" ];
    # Programs of other people that `sarsen check` is tried on.
    samples = [
      "busybox-static"
      "coreutils"
      "musl"
      "bash-static"
    ];
    # glibc 2.31, which refuses kernels that it thinks too old; later ones have stopped looking.
    old-libc = [
      "busybox-static/bullseye"
      "hostname/bullseye"
      "libc6/bullseye"
    ];
  };

  # The one program that runs before anything is unpacked.
  seed = "busybox-static";
}
