# What `sarsen explain` predicts is what kernels do: tests/explain writes its cases as arm64 files, real kernels with
# pages of 4 and 16 KiB start each of them, and for each the prediction must be what was seen.
{
  kit,
  sources,
  recipe,
  sarsen,
  ...
}:
kit.cargo {
  name = "explain";
  source = sources.tested;
  tools = [
    "qemu-system"
    "cpio"
    "jq"
  ];
  kernel4k = kit.kernels.kernel-4k;
  kernel16k = kit.kernels.kernel-16k;
  # The first program of the machine.
  first = recipe {
    name = "explain-first";
    program = ./explain;
    prepare = "";
  };
  inherit sarsen;
  script = builtins.readFile ./explain.sh;
}
