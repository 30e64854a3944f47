# The same properties by readelf and file, so that sarsen is not its own only judge.
{ kit, arm64, ... }:
kit.run {
  name = "elf-readelf";
  tools = [
    "readelf"
    "file"
  ];
  subject = "${arm64}/bin/sarsen";
  script = builtins.readFile ./elf-readelf.sh + "cp facts.txt $out";
}
