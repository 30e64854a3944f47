# What `sarsen explain` predicts is what kernels do: tests/explain writes its cases as arm64 files, real kernels with
# pages of 4 and 16 KiB start each of them, and for each the prediction must be what was seen. What an old C library says
# to an older kernel is seen under qemu-user, which claims to be one.
{
  kit,
  sources,
  init,
  recipe,
  sarsen,
  ...
}:
kit.cargo {
  name = "explain";
  source = sources.tested;
  tools = [
    "qemu-system"
    "qemu-user"
    "cpio"
    "jq"
  ];
  inherit (kit) samples;
  old_libc = kit.old-libc;
  kernel4k = kit.kernels.kernel-4k;
  kernel16k = kit.kernels.kernel-16k;
  # What starts every case and prints how it ended.
  runner = recipe {
    name = "explain-runner";
    program = ./explain;
    prepare = "";
  };
  inherit init sarsen;
  script = builtins.readFile ./explain.sh;
}
