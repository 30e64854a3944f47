# In the development shell `cargo build --target aarch64-unknown-linux-musl` alone makes a static-PIE that starts: a small
# program is compiled with the shell's variables, and judged as the arm64 file is.
{
  kit,
  environment,
  sarsen,
  ...
}:
kit.cargo (
  environment
  // {
    name = "shell";
    source = ./faults;
    tools = [
      "readelf"
      "file"
      "qemu-user"
    ];
    inherit sarsen;
    elf_readelf = builtins.readFile ./elf-readelf.sh;
    elf_sarsen = builtins.readFile ./elf-sarsen.sh;
    emulated = builtins.readFile ./emulated.sh;
    script = ''
      cargo build --release --target aarch64-unknown-linux-musl
      export subject=$PWD/target/aarch64-unknown-linux-musl/release/planted
      for check in elf_readelf elf_sarsen emulated; do
        bash -euo pipefail -c "''${!check}" | tee -a "$out"
      done
    '';
  }
)
