# Cargo in the Debian kit's tree: { pins, run, rust, system, varied, vendor, workshop } -> the kit's `build` and `cargo`.
{
  pins,
  run,
  rust,
  system,
  varied,
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

  # A program for the build host brings its C library along, since the host's may be older than the tree's. Its target is
  # named although it is the host: so cargo keeps the flag from proc-macros and build scripts, which it would break.
  # Panics would name files by the path of the vendored crates, and so bring them along.
  host = builtins.replaceStrings [ "-linux" ] [ "-unknown-linux-gnu" ] system;
  forHost.RUSTFLAGS = "-Ctarget-feature=+crt-static --remap-path-prefix=${crates}=/crates";

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
        cargo build --release --locked --offline --target ${target}
        # The same files make the same archive; cargo writes the compiler's time into the one that is left out.
        rm -f target/.rustc_info.json
        mkdir "$out" && tar --sort=name --mtime=@1 -cf "$out/target.tar" target
      '';
    };

  build =
    {
      name,
      source,
      target ? null,
      env ? { },
      prepare ? null,
      ...
    }@attrs:
    if target == null then
      build (
        attrs
        // {
          target = host;
          env = env // forHost;
          allowedReferences = [ ];
        }
      )
    else
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
                varied prepare
            );
          script = ''
            cargo build --release --locked --offline --target ${target}
            mkdir -p "$out/bin"
            find "target/${target}/release" -maxdepth 1 -type f -perm -u+x -exec cp {} "$out/bin/" \;
          '';
        }
      );
in
{
  inherit build crates;

  # What is compiled may be run and judged, so this one has every tool.
  cargo = attrs: base (attrs // { root = workshop; });
}
