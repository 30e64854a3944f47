# The checks of the sources refuse what they are there to refuse: one fault at a time is planted in a small crate.
{ kit, ... }:
kit.cargo {
  name = "faults-cargo";
  source = ./faults;
  tools = [ "cargo-deny" ];
  inherit (kit) deny;
  lacks = "there is no go";
  fmt = builtins.readFile ./fmt.sh;
  clippy = builtins.readFile ./clippy.sh;
  doc = builtins.readFile ./doc.sh;
  test = builtins.readFile ./test.sh;
  script = builtins.readFile ./faults-cargo.sh;
}
