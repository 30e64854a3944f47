# What a static program for aarch64 musl is linked with: start files, libc.a and the unwinder, in one flat folder.
{
  pins,
  run,
  rust,
  std,
}:
run {
  name = "aarch64-musl-sysroot";
  root = rust;
  debs = pins.target.sysroot;
  inherit std;
  fortify = ./fortify.rs;
  script = builtins.readFile ./sysroot.sh;
}
