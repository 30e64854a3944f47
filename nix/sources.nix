# The parts of the checkout that derivations see. What is not named here can be edited without a rebuild.
let
  root = ../.;

  # Files and folders of the checkout, by their path from its root; a folder brings all it holds.
  only =
    name: paths:
    builtins.path {
      path = root;
      inherit name;
      filter =
        path: _:
        let
          relative = builtins.substring (builtins.stringLength (toString root) + 1) (-1) (toString path);
          within = p: relative == p || hasPrefix "${p}/" relative || hasPrefix "${relative}/" p;
        in
        builtins.any within paths;
    };
  hasPrefix = prefix: s: builtins.substring 0 (builtins.stringLength prefix) s == prefix;

  program = [
    "Cargo.toml"
    "Cargo.lock"
    "src"
    "profiles"
  ];
in
{
  # What the released file is compiled from.
  program = only "sarsen-program" program;
  # And what tests it: generated files are compared, README's commands are run.
  tested = only "sarsen-tested" (
    program
    ++ [
      "README.md"
      "checks/explain"
      "deny.toml"
      "docs"
      "examples/signers"
      "rustfmt.toml"
      "tests"
    ]
  );
}
