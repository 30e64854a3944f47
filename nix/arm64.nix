# The recipe of the static-PIE for aarch64 Linux: what is compiled, and in which environment.
#
# Arguments: `prepare`, shell code that varies the environment (the bytes must stay the same); `link`, a function over
# the list of link arguments, and `rustflags`, more compiler flags, with which checks/faults.nix plants its faults.
{ kit, source }:
{
  name ? "sarsen-arm64",
  program ? source,
  prepare ? null,
  ...
}@arguments:
kit.build {
  inherit name prepare;
  source = program;
  target = "aarch64-unknown-linux-musl";
  # The file must stand alone: a path of the Nix store anywhere in it fails the build.
  allowedReferences = [ ];
  env =
    import ./environment.nix (
      { inherit kit; }
      // removeAttrs arguments [
        "name"
        "program"
      ]
    )
    // {
      # Builders of both architectures make the same file.
      RUSTC_WRAPPER = "${./host-neutral-rustc}";
      SOURCE_DATE_EPOCH = "1";
    };
}
