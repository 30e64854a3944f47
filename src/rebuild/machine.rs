//! The machine that builds, as it describes itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::address;
use crate::clock;
use crate::error::{Code, Error};
use crate::nar::signature::PublicKey;
use crate::statement::rebuild::{BuiltBy, Clock, Environment, Settings};

/// Files that exist once a time service has set the clock (systemd-timesyncd.service(8)).
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";

/// Nix's own hook for building on other machines, by the last part of its name; it does nothing without `builders`.
const BUILD_HOOK: &str = "build-remote";

/// The machine, and what built on it. Settings are stated of those builds alone that this process had done: a daemon's and
/// another machine's are not those that Nix tells its caller.
pub fn environment(built_by: BuiltBy, config: &Config) -> Environment {
    let settings = match built_by {
        BuiltBy::Nix => Some(settings(config)),
        // Those that `nix::Manner::Alone` gives.
        BuiltBy::Rebuild => Some(Settings {
            sandbox: "true".into(),
            sandbox_fallback: false,
            hooks: hooks(config, &["build-hook"]),
            builders: Vec::new(),
            substituters: Vec::new(),
            ..settings(config)
        }),
        _ => None,
    };
    Environment {
        kernel: kernel("osrelease"),
        machine: std::env::consts::ARCH.into(),
        cpu: cpu(),
        built_by,
        settings,
    }
}

/// Nix's settings as it tells them, by name.
pub type Config = BTreeMap<String, Value>;

fn settings(config: &Config) -> Settings {
    Settings {
        sandbox: text(config, "sandbox"),
        sandbox_fallback: config.get("sandbox-fallback").is_none_or(|value| value != &Value::Bool(false)),
        sandbox_paths: sandbox_paths(config),
        hooks: hooks(config, &["pre-build-hook", "post-build-hook", "diff-hook", "build-hook"]),
        builders: builders(&text(config, "builders")),
        substituters: words(config, "substituters").iter().map(|url| address::of_cache(url)).collect(),
        trusted_public_keys: words(config, "trusted-public-keys"),
        max_jobs: text(config, "max-jobs"),
        cores: config.get("cores").and_then(Value::as_u64).unwrap_or_default() as u32,
    }
}

fn text(config: &Config, name: &str) -> String {
    match config.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(value @ (Value::Bool(_) | Value::Number(_))) => value.to_string(),
        _ => "unknown".to_owned(),
    }
}

fn words(config: &Config, name: &str) -> Vec<String> {
    match config.get(name) {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(text)) => text.split_whitespace().map(str::to_owned).collect(),
        // Newer versions answer with a map.
        Some(Value::Object(map)) => map.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

/// What builds in a sandbox see of the machine, as nix.conf spells it: `PATH`, `PATH=SOURCE`, with `?` where it may be absent.
pub fn sandbox_paths(config: &Config) -> Vec<String> {
    let Some(Value::Object(map)) = config.get("sandbox-paths") else { return words(config, "sandbox-paths") };
    let path = |(path, value): (&String, &Value)| {
        let source = value.as_str().or_else(|| value["source"].as_str()).unwrap_or(path);
        let optional = if value["optional"].as_bool() == Some(true) { "?" } else { "" };
        format!("{path}={source}{optional}")
    };
    map.iter().map(path).collect()
}

/// The keys whose signatures this Nix believes.
///
/// # Errors
/// `key-invalid` if one of them is none.
pub fn trusted_keys(config: &Config) -> Result<Vec<PublicKey>, Error> {
    words(config, "trusted-public-keys").iter().map(|key| PublicKey::parse(key)).collect()
}

/// Those of `names` that are set, as `NAME=PROGRAM`.
fn hooks(config: &Config, names: &[&str]) -> Vec<String> {
    let program = |name: &&str| {
        let program = words(config, name).join(" ");
        let usual = *name == "build-hook" && program.ends_with(BUILD_HOOK);
        (!program.is_empty() && program != "unknown" && !usual).then(|| format!("{name}={program}"))
    };
    names.iter().filter_map(program).collect()
}

/// The addresses of other machines, which Nix takes from a file where the setting begins with `@` (nix.conf(5), `builders`).
fn builders(setting: &str) -> Vec<String> {
    let list = match setting.strip_prefix('@') {
        Some(file) => fs::read_to_string(file).unwrap_or_default(),
        None if setting == "unknown" => String::new(),
        None => setting.to_owned(),
    };
    let lines =
        list.split(['\n', ';']).map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.filter_map(|line| line.split_whitespace().next()).map(address::of_cache).collect()
}

fn kernel(name: &str) -> String {
    fs::read_to_string(format!("/proc/sys/kernel/{name}"))
        .map_or_else(|_| "unknown".into(), |text| text.trim().to_owned())
}

/// The processor's name, or on arm64, where the kernel knows none, the numbers by which Arm and others name it.
fn cpu() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        info.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            (key.trim() == name).then(|| value.trim().to_owned())
        })
    };
    field("model name").unwrap_or_else(|| match (field("CPU implementer"), field("CPU part")) {
        (Some(implementer), Some(part)) => format!("implementer {implementer} part {part}"),
        _ => "unknown".into(),
    })
}

/// What this machine's times are worth, one of which is `seconds`. SOURCE_DATE_EPOCH is for what is built, not for when
/// it was built, so it is not asked: nixpkgs sets it to 1980 in every shell.
pub fn clock(seconds: u64) -> Clock {
    clock_by(seconds, Path::new(SYNCHRONISED).exists())
}

fn clock_by(seconds: u64, is_synchronised: bool) -> Clock {
    if is_synchronised && !clock::is_too_early(seconds) { Clock::Synchronised } else { Clock::Unknown }
}

/// A name for a run that no other run has: a random UUID (RFC 9562 section 5.4).
///
/// # Errors
/// `key-random` if the kernel has no random numbers.
pub fn invocation() -> Result<String, Error> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::new(
            Code::KeyRandom,
            format!("the kernel gives no random numbers ({error}): a run needs a name"),
        )
    })?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = crate::digest::hex(&bytes);
    Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_wrong_is_not_called_synchronised() {
        let later = 253_402_300_799;
        assert_eq!(clock_by(later, true), Clock::Synchronised);
        for (seconds, is_synchronised) in [(0, true), (315_532_800, true), (later, false)] {
            assert_eq!(clock_by(seconds, is_synchronised), Clock::Unknown, "{seconds}");
        }
    }

    #[test]
    fn what_is_set_is_stated_without_secrets() {
        let config: Config = serde_json::from_str(
            r#"{"sandbox":"relaxed","sandbox-fallback":false,"sandbox-paths":{"/bin/sh":"/b"},"pre-build-hook":"/h",
            "post-build-hook":"","build-hook":"/usr/libexec/nix/build-remote","substituters":["https://u:p@c?secret=s"],
            "builders":"ssh://bob:pw@m x86_64-linux key ; m2","max-jobs":2,"cores":3}"#,
        )
        .unwrap();
        let own = environment(BuiltBy::Nix, &config).settings.unwrap();
        assert_eq!((own.sandbox.as_str(), own.sandbox_fallback, own.cores), ("relaxed", false, 3));
        assert_eq!(
            (own.hooks, own.builders),
            (vec!["pre-build-hook=/h".into()], vec!["ssh://m".into(), "m2".into()])
        );
        assert_eq!(
            (own.sandbox_paths, own.substituters),
            (vec!["/bin/sh=/b".into()], vec!["https://c".to_owned()])
        );
        let fixed = environment(BuiltBy::Rebuild, &config).settings.unwrap();
        assert_eq!((fixed.sandbox.as_str(), fixed.hooks.len(), fixed.builders.len()), ("true", 0, 0));
        assert!(fixed.substituters.is_empty());
        for other in [BuiltBy::Daemon, BuiltBy::Remote, BuiltBy::Nobody] {
            assert!(environment(other, &config).settings.is_none());
        }
    }
}
