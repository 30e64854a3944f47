# sarsen judges the arm64 file against the controller's profile.
{
  kit,
  sarsen,
  arm64,
  ...
}:
kit.run {
  name = "elf-sarsen";
  inherit sarsen;
  subject = "${arm64}/bin/sarsen";
  script = builtins.readFile ./elf-sarsen.sh + "cp verdict.txt $out";
}
