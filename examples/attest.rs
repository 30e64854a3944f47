//! What benches/attest measures: `attest FOLDER ALGORITHM COUNT` writes a bundle of COUNT statements with closures of 300
//! paths, signed by ten organisations, and the policy, trust store and file to verify it with.

#[allow(dead_code, reason = "tests use the rest")]
#[path = "../tests/support/attest.rs"]
mod support;

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use sarsen::key::SecretKey;
use sarsen::statement::rebuild::Input;

const FILES: &[(&str, &[u8])] = &[("bin/app", b"program")];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, algorithm, count] = arguments.as_slice() else {
        return Err("attest FOLDER ALGORITHM COUNT".into());
    };
    let key = |seed| {
        if algorithm == "sm2" { support::sm2(seed, support::IDENTITY) } else { support::ed25519(seed) }
    };
    let keys: Vec<(String, SecretKey)> = (0..10).map(|n| (format!("builder-{n}"), key(n + 1))).collect();
    let mut statement = support::produced("builder.example", "app", FILES);
    let closure: Vec<Input> = statement.predicate.closure.iter().cycle().take(300).cloned().collect();
    statement.predicate.closure = closure;
    let mut bundle = String::new();
    for number in 0..count.parse()? {
        statement.predicate.run.invocation_id = format!("run {number}");
        bundle += &support::line(&statement, &[&keys[number % keys.len()].1]);
    }
    let mut trust = String::new();
    for (name, key) in &keys {
        trust += &support::entry(name, &format!("{name}.example"), key, "roles = [\"rebuilder\"]");
    }
    let mut policy = String::from("name = \"bench\"\nthreshold = 10\n");
    writeln!(policy, "builders = {:?}", keys.iter().map(|(name, _)| name).collect::<Vec<_>>())?;
    writeln!(policy, "[[recipe]]\nattribute = \"packages.x86_64-linux.arm64\"")?;
    writeln!(policy, "drv-sha256 = \"{}\"", support::digest("app"))?;
    let folder = Path::new(folder);
    for (name, text) in [("bundle", &bundle), ("trust.toml", &trust), ("policy.toml", &policy)] {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(std::fs::write(folder.join("app"), FILES[0].1)?)
}
