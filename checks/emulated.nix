# The arm64 file runs under QEMU's user-mode emulation, on the small and the large core of the RK3588's generation and
# on everything QEMU knows, and judges itself there.
{ kit, arm64, ... }:
kit.run {
  name = "emulated";
  tools = [ "qemu-user" ];
  subject = "${arm64}/bin/sarsen";
  script = builtins.readFile ./emulated.sh + "cp transcript.txt $out";
}
