# The arm64 file boots: real kernels, with pages of 4 KiB and 16 KiB, from a device tree and from UEFI with ACPI, start
# it as their only program. It judges itself as PID 1; the serial console is read.
{ kit, arm64, ... }:
kit.run {
  name = "boot";
  tools = [
    "qemu-system"
    "cpio"
  ];
  inherit (kit) firmware;
  kernel4k = kit.kernels.kernel-4k;
  kernel16k = kit.kernels.kernel-16k;
  subject = "${arm64}/bin/sarsen";
  script = builtins.readFile ./boot.sh + ''
    boot "4 KiB pages, device tree" "$kernel4k"
    boot "16 KiB pages, device tree" "$kernel16k"
    wants="EFI stub" boot "4 KiB pages, UEFI and ACPI" "$kernel4k" -M virt,gic-version=3,acpi=on -bios "$firmware"
    cp consoles.txt $out
  '';
}
