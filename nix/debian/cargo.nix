# Cargo in the Debian kit's tree: { pins, run, rust, vendor } -> the kit's `build` and `cargo`.
{
  pins,
  run,
  rust,
  vendor,
  workshop,
}:
let
  crates = vendor "crates" pins.crates;

  base =
    {
      name,
      source,
      script,
      env ? { },
      root ? rust,
      ...
    }@attrs:
    run (
      removeAttrs attrs [ "env" ]
      // env
      // {
        inherit
          name
          source
          crates
          root
          ;
        script = builtins.readFile ./cargo.sh + script;
      }
    );

  # The manifest and lock file with empty sources: all that the dependencies' compilation may depend on.
  manifests =
    source:
    builtins.path {
      path = source;
      name = "manifests";
      filter = path: _: builtins.elem (baseNameOf path) [ "Cargo.toml" "Cargo.lock" ];
    };

  arguments = target: if target == null then "" else "--target ${target}";

  # A compiled dependency is an input of its own, so that an edit in src/ compiles none of them.
  dependencies =
    {
      name,
      source,
      target,
      env,
    }:
    base {
      name = "${name}-dependencies";
      source = manifests source;
      inherit env;
      script = ''
        mkdir -p src && echo '//! Empty.' > src/lib.rs && printf '//! Empty.\nfn main() {}\n' > src/main.rs
        cargo build --release --locked --offline ${arguments target}
        mkdir "$out" && tar -cf "$out/target.tar" target
      '';
    };
in
{
  build =
    {
      name,
      source,
      target ? null,
      env ? { },
      prepare ? null,
      ...
    }@attrs:
    base (
      removeAttrs attrs [ "target" ]
      // {
        inherit name source;
        env =
          env
          // (
            if prepare == null then
              { dependencies = dependencies { inherit name source target env; }; }
            else
              { inherit prepare; }
          );
        script = ''
          cargo build --release --locked --offline ${arguments target}
          mkdir -p "$out/bin"
          find "target/${if target == null then "" else target + "/"}release" -maxdepth 1 -type f -perm -u+x -exec cp {} "$out/bin/" \;
        '';
      }
    );

  # What is compiled may be run and judged, so this one has every tool.
  cargo = attrs: base (attrs // { root = workshop; });

  inherit crates;
}
