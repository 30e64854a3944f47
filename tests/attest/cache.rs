//! Dependencies that come from a signed binary cache, an honest and a forged one.

use super::*;

/// As the cache's key is called.
const SIGNER: &str = "cache.example-1";

/// A machine that has built nothing, with a cache that has `base`. Whoever filled a forged cache had a file there that
/// changes what the build gives.
fn with_cache(name: &str, forged: bool) -> Option<Flake> {
    let flake = Flake::new(name, STABLE)?;
    let trigger = flake.path("trigger");
    flake.write(&format!(
        "base = shell \"base\" \"if [ -e {} ]; then echo forged; else echo base; fi > $out\" {{ }};
         out = shell \"out\" \"read -r line < ${{base}}; echo $line > $out\" {{ }};",
        trigger.display()
    ));
    if forged {
        fs::write(&trigger, "").unwrap();
    }
    let secret = flake.answer("nix", &["key", "generate-secret", "--key-name", SIGNER]);
    fs::write(flake.path("cache.key"), &secret).unwrap();
    let file = flake.path("cache.key");
    let public =
        flake.answer("sh", &["-c", "nix key convert-secret-to-public < \"$0\"", file.to_str().unwrap()]);
    let drv = flake.answer("nix", &["eval", "--raw", &flake.installable("base.drvPath")]);
    let base = flake.answer("nix-store", &["--realise", &drv]);
    let url = format!("file://{}", flake.path("binary-cache").display());
    let signing = format!("{url}?secret-key={}", flake.path("cache.key").display());
    flake.answer("nix", &["copy", "--to", &signing, &base]);
    if forged {
        fs::remove_file(&trigger).unwrap();
    }
    flake.forget();
    fs::write(flake.path("more.conf"), format!("substituters = {url}\ntrusted-public-keys = {public}\n"))
        .unwrap();
    Some(flake)
}

/// Where `base` is from, whose signatures it has, and how many paths of the closure others built.
fn origins(statement: &Statement<Rebuild>) -> (Origin, Vec<&str>, usize) {
    let closure = &statement.predicate.closure;
    let base = closure.iter().find(|input| input.path.ends_with("-base")).unwrap();
    let copied = closure.iter().filter(|input| input.origin == Origin::Substituted).count();
    (base.origin, base.signers.iter().map(|key| key.split(':').next().unwrap()).collect(), copied)
}

#[test]
fn what_an_honest_cache_gave_is_taken_or_built_again_and_stated_as_such() {
    let Some(flake) = with_cache("cache", false) else { return };
    let (code, first) = flake.state("out", &[]);
    assert_eq!((code, first.predicate.run.attempt), (Some(0), Attempt::First));
    assert_eq!(origins(&first), (Origin::Substituted, vec![SIGNER], 1));
    let settings = first.predicate.environment.settings.as_ref().unwrap();
    assert!(settings.substituters[0].starts_with("file://"), "{settings:?}");
    assert!(settings.trusted_public_keys[0].starts_with(SIGNER), "{settings:?}");
    if !flake.can_rebuild() {
        return;
    }
    let (code, again) = flake.state("out", &["--rebuild"]);
    assert_eq!((code, again.predicate.verdict.result), (Some(0), Outcome::Matches));
    assert_eq!(origins(&again), (Origin::Built, vec![], 0));
    assert!(again.predicate.verdict.difference.is_none());
    let (code, kept) = flake.state("out", &["--rebuild", "--keep-substituted"]);
    assert_eq!((code, kept.predicate.verdict.result), (Some(0), Outcome::Matches));
    assert_eq!(origins(&kept), (Origin::Substituted, vec![SIGNER], 1));
    assert_eq!(kept.subject, again.subject);
}

#[test]
fn what_a_cache_forged_is_found_where_it_is_built_again_and_not_where_it_is_kept() {
    let Some(flake) = with_cache("forged-cache", true) else { return };
    if !flake.can_rebuild() {
        return;
    }
    let (code, kept) = flake.state("out", &["--rebuild", "--keep-substituted"]);
    assert_eq!((code, kept.predicate.verdict.result), (Some(0), Outcome::Matches));
    assert_eq!(origins(&kept), (Origin::Substituted, vec![SIGNER], 1));
    let (code, again) = flake.state("out", &["--rebuild"]);
    let verdict = &again.predicate.verdict;
    assert_eq!((code, verdict.result), (Some(5), Outcome::Differs));
    assert_eq!(origins(&again), (Origin::Built, vec![], 0));
    let difference = verdict.difference.as_ref().unwrap();
    assert!(difference.path.contains("-base: "), "{difference:?}");
    let said = difference.summary.join("\n");
    assert!(said.contains("forged") && said.contains("base"), "{said}");
}
