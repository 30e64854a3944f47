# clippy has nothing to say, over every target and feature.
{ kit, sources, ... }:
kit.cargo {
  name = "clippy";
  source = sources.tested;
  script = builtins.readFile ./clippy.sh + "touch $out";
}
