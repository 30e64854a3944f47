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
        if !more.is_empty() {
            // Nothing is taken from caches then, and it is nowhere else.
            flake.refuses(&output, 7, "helper-failed");
        } else if version.contains(" 2.8") {
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

/// A text that evaluation puts into the store refers to what was built before, which no derivation names and which would come into
/// a rebuild with it.
#[test]
fn what_a_source_refers_to_was_not_built() {
    let Some(flake) = Flake::new("refers", STABLE) else { return };
    let base = flake.answer("nix-store", &["--realise", &flake.eval("base.drvPath")]);
    let text = format!(
        "out = shell \"out\" \"read -r path < ${{builtins.toFile \"text\" (builtins.appendContext \"{base}\\n\" {{ \"{base}\" = {{ \
         path = true; }}; }})}}; read -r line < $path; echo $line > $out\" {{ }};"
    );
    flake.write(&text);
    for more in [&[][..], &["--rebuild"]] {
        flake.refuses(&flake.sarsen("out", more), 6, "content-forged");
    }
}

/// A text that refers to another one: both are what evaluation made of their content, or nothing is rebuilt from them.
#[test]
fn what_a_text_refers_to_is_hashed_too() {
    let text = "out = let b = builtins.toFile \"b\" \"good\"; a = builtins.toFile \"a\" \"${b}\\n\"; in shell \"out\" \"read -r \
                path < ${a}; read -r line < $path; echo $line > $out\" { };";
    let Some(flake) = Flake::new("texts", text) else { return };
    let (code, statement) = flake.state("out", &[]);
    let sources = statement.predicate.closure.iter().filter(|input| input.origin == Origin::Source);
    assert_eq!((code, sources.count()), (Some(0), 2), "{:?}", statement.predicate.closure);
    let second =
        statement.predicate.closure.iter().find(|input| input.path.ends_with("-b")).unwrap().path.clone();
    if !flake.can_rebuild() {
        return;
    }
    assert_eq!(flake.state("out", &["--rebuild"]).0, Some(0));
    fs::remove_file(flake.path("bundle.jsonl")).unwrap();
    flake.forget();
    flake.forges(&second, b"back door\n", "cache.example-1");
    flake.answer("nix-store", &["--realise", &second]);
    let output = flake.sarsen("out", &["--rebuild"]);
    flake.refuses(&output, 7, "rebuild-uncompared");
}

/// The output itself is a download.
#[test]
fn an_output_that_is_fixed_is_what_its_recipe_fixes() {
    let good = sarsen::digest::hex(&sarsen::digest::sha256(b"good"));
    let text = format!(
        "out = shell \"out\" \"exit 6\" {{ outputHashAlgo = \"sha256\"; outputHash = \"{good}\"; }};"
    );
    let Some(flake) = Flake::new("fixed-output", &text) else { return };
    flake.forges(&flake.eval("out.outPath"), b"back door", "cache.example-1");
    flake.refuses(&flake.sarsen("out", &[]), 6, "content-forged");
}

/// Nix reads more than one spelling of a hash, and a pin that is not understood would not be looked at.
#[test]
fn a_pin_in_another_spelling_is_refused() {
    let Some(flake) = Flake::new("spelling", STABLE) else { return };
    let input = flake.path("input");
    fs::create_dir(&input).unwrap();
    fs::write(input.join("file"), "good").unwrap();
    let text = fs::read_to_string(flake.path("flake/flake.nix")).unwrap();
    let inputs = format!("{{ inputs.src = {{ url = \"path:{}\"; flake = false; }};", input.display());
    fs::write(flake.path("flake/flake.nix"), text.replacen('{', &inputs, 1)).unwrap();
    let folder = format!("path:{}", flake.path("flake").display());
    flake.answer("nix", &["flake", "lock", &folder]);
    let lock = flake.path("flake/flake.lock");
    let text = fs::read_to_string(&lock).unwrap();
    let end = text.find("narHash").map(|at| at + text[at..].find("=\"").unwrap()).unwrap();
    for spelled in
        [format!("{}{}", &text[..end], &text[end + 1..]), format!("{}= {}", &text[..end], &text[end + 1..])]
    {
        fs::write(&lock, spelled).unwrap();
        let output = flake.sarsen("out", &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!([Some(2), Some(7)].contains(&output.status.code()), "{said}");
        assert!(!flake.path("bundle.jsonl").exists(), "{said}");
    }
}

/// What a link leads to is no part of the source, and may change.
#[test]
fn a_lock_that_is_a_link_is_refused() {
    let Some(flake) = Flake::new("lock-link", STABLE) else { return };
    fs::write(flake.path("outside"), "{ \"nodes\": { \"root\": {} }, \"root\": \"root\", \"version\": 7 }")
        .unwrap();
    std::os::unix::fs::symlink(flake.path("outside"), flake.path("flake/flake.lock")).unwrap();
    let output = flake.sarsen("out", &[]);
    if flake.answer("nix", &["--version"]).contains(" 2.8") {
        flake.refuses(&output, 2, "input-special");
    } else {
        // Later versions refuse it themselves.
        flake.refuses(&output, 7, "helper-failed");
    }
    fs::remove_file(flake.path("flake/flake.lock")).unwrap();
    std::os::unix::fs::symlink(flake.path("outside"), flake.path("flake/Cargo.lock")).unwrap();
    assert_eq!(flake.state("out", &[]).1.predicate.source.cargo_lock, None);
}
