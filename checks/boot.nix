# The arm64 file starts on real kernels, with pages of 4 KiB and 16 KiB, from a device tree and from UEFI with ACPI, as PID 1
# and as another's child. It judges itself there; the serial console is read.
{
  kit,
  arm64,
  init,
  ...
}:
kit.run {
  name = "boot";
  tools = [
    "qemu-system"
    "cpio"
  ];
  inherit init;
  inherit (kit) firmware;
  kernel4k = kit.kernels.kernel-4k;
  kernel16k = kit.kernels.kernel-16k;
  subject = "${arm64}/bin/sarsen";
  script = builtins.readFile ./boot.sh + ''
    boot "4 KiB pages, device tree" "$kernel4k"
    boot "16 KiB pages, device tree" "$kernel16k"
    wants="EFI stub" boot "4 KiB pages, UEFI and ACPI" "$kernel4k" -M virt,gic-version=3,acpi=on -bios "$firmware"
    alone "4 KiB pages, as PID 1" "$kernel4k"
    cp consoles.txt $out
  '';
}
