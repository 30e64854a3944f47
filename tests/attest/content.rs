//! What is in the store is what its recipe, its lock and Nix's records say, or nothing is stated.

use std::fmt::Write;

use super::*;

/// Downloads that are fixed in every way, of `good`, which nothing here can fetch.
const DOWNLOADS: [(&str, &str, &str); 8] = [
    ("flat256", "sha256", ""),
    ("flat512", "sha512", ""),
    ("flat1", "sha1", ""),
    ("flat5", "md5", ""),
    ("tree256", "sha256", "recursive"),
    ("tree512", "sha512", "recursive"),
    ("tree1", "sha1", "recursive"),
    ("tree5", "md5", "recursive"),
];

#[test]
fn a_download_that_a_cache_forged_is_refused() {
    let Some(flake) = Flake::new("download", STABLE) else { return };
    let good = flake.path("good");
    fs::write(&good, "good").unwrap();
    let mut packages = String::new();
    for (name, algorithm, mode) in DOWNLOADS {
        let flat: &[&str] = if mode.is_empty() { &["--flat"] } else { &[] };
        let hash = [flat, &["--type", algorithm, good.to_str().unwrap()]].concat();
        let hash = flake.answer("nix-hash", &hash);
        let mode = if mode.is_empty() { String::new() } else { format!("outputHashMode = \"{mode}\";") };
        let _ = write!(
            packages,
            "file-{name} = shell \"file-{name}\" \"exit 6\" {{ outputHashAlgo = \"{algorithm}\"; outputHash = \"{hash}\"; \
             {mode} }}; {name} = shell \"{name}\" \"echo $file > $out\" {{ file = file-{name}; }};"
        );
    }
    flake.write(&format!("{packages} out = trivial;"));
    for (name, algorithm, mode) in DOWNLOADS {
        let path = flake.eval(&format!("file-{name}.outPath"));
        flake.forges(&path, b"back door", "cache.example-1");
        let output = flake.sarsen(name, &[]);
        flake.refuses(&output, 6, "content-forged");
        let more: &[&str] = if mode.is_empty() { &[] } else { &["--recursive"] };
        flake.forget();
        let added = flake.answer(
            "sh",
            &[
                "-c",
                &format!(
                    "cp {} {1} && nix-store --add-fixed {2} {algorithm} {1}",
                    good.display(),
                    flake.path(&format!("file-{name}")).display(),
                    more.join(" ")
                ),
            ],
        );
        assert_eq!(added, path);
        let output = flake.sarsen(name, &[]);
        assert_eq!(output.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let statement = flake.statements().pop().unwrap();
        let file = statement.predicate.closure.iter().find(|input| input.path == path).unwrap();
        assert_eq!(file.origin, Origin::FixedOutput, "{name}");
        fs::remove_file(flake.path("bundle.jsonl")).unwrap();
    }
}

/// Nix 2.8 takes what `flake.lock` pins from a cache by its name alone, also what is only read while a recipe is evaluated.
#[test]
fn a_source_that_a_cache_forged_is_refused() {
    let Some(flake) = Flake::new("source", STABLE) else { return };
    let (input, system) = (flake.path("input"), format!("{}-linux", std::env::consts::ARCH));
    let path_of = "{ src = \"read -r line < ${src}/file; echo $line > $out\"; text = builtins.readFile \"${src}/file\"; }";
    let text = format!(
        "{{ inputs.src = {{ url = \"path:{}\"; flake = false; }}; outputs = {{ self, src }}: {{ source = \"${{src}}\"; \
         packages.{system} = builtins.mapAttrs (name: script: derivation {{ inherit name; system = \"{system}\"; builder = \
         \"/bin/sh\"; args = [ \"-c\" script ]; }}) {path_of}; }}; }}",
        input.display()
    );
    fs::write(flake.path("flake/flake.nix"), text).unwrap();
    let content = |file: &str| {
        fs::create_dir_all(&input).unwrap();
        fs::write(input.join("file"), file).unwrap();
    };
    content("echo good > $out");
    let folder = format!("path:{}", flake.path("flake").display());
    flake.answer("nix", &["flake", "lock", &folder]);
    let path = flake.answer("nix", &["eval", "--raw", &format!("{folder}#source")]);
    for attribute in ["src", "text"] {
        assert_eq!(flake.state(attribute, &[]).0, Some(0));
    }
    fs::remove_file(flake.path("bundle.jsonl")).unwrap();
    content("echo back door > $out");
    flake.forges_as(&path, &input, "cache.example-1");
    fs::remove_dir_all(&input).unwrap();
    for (attribute, more) in [("src", &[][..]), ("text", &[]), ("src", &["--rebuild"])] {
        flake.forget();
        let output = flake.sarsen(attribute, more);
        let version = flake.answer("nix", &["--version"]);
        if version.contains(" 2.8") {
            flake.refuses(&output, 6, "content-forged");
        } else {
            // Later versions refuse it themselves, or do not ask the cache.
            assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

#[test]
fn a_store_path_that_was_changed_is_refused() {
    let Some(flake) = Flake::new("changed", STABLE) else { return };
    flake.state("out", &[]);
    fs::remove_file(flake.path("bundle.jsonl")).unwrap();
    for attribute in ["out", "base"] {
        let path = flake.eval(&format!("{attribute}.outPath"));
        let bytes = fs::read(&path).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        fs::write(&path, "changed").unwrap();
        flake.refuses(&flake.sarsen("out", &[]), 6, "store-modified");
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(0o444)).unwrap();
    }
    assert_eq!(flake.state("out", &[]).0, Some(0));
}

/// Nix builds in another store than the one whose files are at the paths.
#[test]
fn another_store_is_refused() {
    let Some(flake) = Flake::new("store", STABLE) else { return };
    for remote in [
        flake.path("elsewhere").display().to_string(),
        format!("local?root={}", flake.path("elsewhere").display()),
    ] {
        let output = flake.sarsen_with("out", &[], &[("NIX_REMOTE", &remote)]);
        flake.refuses(&output, 2, "store-foreign");
    }
}
