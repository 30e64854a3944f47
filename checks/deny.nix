# Every dependency comes from the crate registry and under a licence that deny.toml allows.
{ kit, sources, ... }:
kit.cargo {
  name = "deny";
  source = sources.tested;
  tools = [ "cargo-deny" ];
  script = kit.deny + " | tee $out";
}
