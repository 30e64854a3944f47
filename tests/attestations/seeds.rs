//! Where a fuzzer should start: `SARSEN_SEEDS=fuzz/corpus cargo test --test attestations` writes these files.

use std::path::Path;

use sarsen::statement::rebuild::Making;

use super::*;

#[test]
fn seeds_say_something() {
    let statements = [
        produced("utility.example", "app", APP),
        produced("laboratory.example", "app", APP),
        produced("laboratory.example", "app", OTHER),
        produced("laboratory.example", "elsewhere", OTHER),
        differs("laboratory.example", "app", OTHER, APP),
        failed("laboratory.example", "app"),
        with_origin(produced("laboratory.example", "app", APP), Making::Found, &[]),
        with_origin(produced("laboratory.example", "app", APP), Making::Substituted, &[CACHE]),
    ];
    let second = statements.iter().map(|statement| serde_json::to_string(statement).unwrap());
    let texts: Vec<String> = second.chain(statements.iter().map(|s| first_version(s).to_string())).collect();
    let mut bundles = vec![utility_line() + &laboratory_line(), format!("a{}\nb{}\n", texts[0], texts[1])];
    bundles.extend(texts[1..].iter().map(|text| format!("a{}\nb{text}", texts[0])));
    let tomls = [policy(), policy_with("any-system = true\nalgorithms = [\"sm2\"]"), trust()];
    for text in &texts {
        Statement::<Rebuild>::parse(text.as_bytes(), "a seed").unwrap();
    }
    let Some(folder) = std::env::var_os("SARSEN_SEEDS") else { return };
    for (target, seeds) in [("statement", texts.as_slice()), ("bundle", &bundles), ("policy", &tomls)] {
        let folder = Path::new(&folder).join(target);
        std::fs::create_dir_all(&folder).unwrap();
        for (index, seed) in seeds.iter().enumerate() {
            std::fs::write(folder.join(index.to_string()), seed).unwrap();
        }
    }
    let examples = ["policy.md", "trust.md"].map(|name| {
        let page =
            std::fs::read_to_string(format!("{}/docs/formats/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap().to_owned()
    });
    for (index, example) in examples.iter().enumerate() {
        std::fs::write(Path::new(&folder).join(format!("policy/example-{index}")), example).unwrap();
    }
}
