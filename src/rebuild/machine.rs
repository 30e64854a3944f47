//! The machine that builds, as it describes itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::address;
use crate::error::{Code, Error};
use crate::statement::rebuild::{Clock, Environment};

/// Files that exist once a time service has set the clock (systemd-timesyncd.service(8)).
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";

/// The environment, with Nix's settings in it.
pub fn environment(settings: &BTreeMap<String, Value>) -> Environment {
    let text = |name: &str| match settings.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(value @ (Value::Bool(_) | Value::Number(_))) => value.to_string(),
        _ => "unknown".to_owned(),
    };
    let words = |name: &str| match settings.get(name) {
        Some(Value::Array(list)) => {
            list.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
        }
        Some(Value::String(text)) => text.split_whitespace().map(str::to_owned).collect(),
        // Newer versions answer with a map.
        Some(Value::Object(map)) => map.keys().cloned().collect(),
        _ => Vec::new(),
    };
    Environment {
        kernel: kernel("osrelease"),
        machine: std::env::consts::ARCH.into(),
        cpu: cpu(),
        sandbox: text("sandbox"),
        sandbox_fallback: settings.get("sandbox-fallback").is_none_or(|value| value != &Value::Bool(false)),
        sandbox_paths: [words("sandbox-paths"), words("extra-sandbox-paths")].concat(),
        substituters: words("substituters").iter().map(|url| address::of_cache(url)).collect(),
        trusted_public_keys: words("trusted-public-keys"),
        max_jobs: text("max-jobs"),
        cores: settings.get("cores").and_then(Value::as_u64).unwrap_or_default() as u32,
    }
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

/// What this machine's times are worth.
pub fn clock() -> Clock {
    if std::env::var_os("SOURCE_DATE_EPOCH").is_some() {
        Clock::Fixed
    } else if Path::new(SYNCHRONISED).exists() {
        Clock::Synchronised
    } else {
        Clock::Unknown
    }
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
