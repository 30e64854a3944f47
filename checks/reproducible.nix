# The same recipe built again, with its dependencies and, where the kit compiles it, std, in an environment that differs
# in all a build should not depend on (../nix/varied.sh, ../nix/other-host.sh), gives the same bytes.
{
  kit,
  arm64,
  recipe,
  varied,
  ...
}:
kit.run {
  name = "reproducible";
  first = arm64;
  second = recipe {
    name = "sarsen-arm64-again";
    prepare = varied;
  };
  script = builtins.readFile ./reproducible.sh + "cp digests.txt $out";
}
