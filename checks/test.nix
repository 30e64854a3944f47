# The whole test suite, on the build host, over real arm64 programs besides the fixtures it makes itself.
{
  kit,
  sources,
  arm64,
  ...
}:
kit.cargo {
  name = "test";
  source = sources.tested;
  tools = [
    "bsdtar"
    "cpio"
    "jq"
    "ldconfig"
    "llvm"
    "musl-gcc"
    "nix"
    "openssl"
    "qemu-user"
    "readelf"
    "strace"
    "unshare"
    "zstd"
  ];
  lacks = builtins.concatStringsSep "\n" kit.lacks;
  SARSEN_REAL_INPUTS = kit.samples;
  SARSEN_ARM64 = "${arm64}/bin/sarsen";
  script = builtins.readFile ./test.sh + "cp test.log $out";
}
