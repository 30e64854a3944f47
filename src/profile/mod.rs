//! The device profile: what one kind of device can run. Everything a rule demands comes from here.

mod builtin;
mod load;
#[cfg(test)]
mod page;
mod suppress;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::rules;

pub use crate::configuration::nearest;
pub use builtin::BUILT_IN;
pub use suppress::Suppression;

/// A device profile, as read from TOML. Unknown keys are errors.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Profile {
    /// The name that reports carry.
    pub name: String,
    /// One line for people.
    #[serde(default)]
    pub description: String,
    /// The profile whose keys hold where this one says nothing: a built-in name, or a path relative to this file.
    /// Lists replace lists; `[rules]` are joined, `[[suppress]]` are added.
    #[serde(default)]
    pub extends: Option<String>,
    /// What an ELF file must be.
    #[serde(default)]
    pub elf: Elf,
    /// What the processor has.
    #[serde(default)]
    pub cpu: Cpu,
    /// The kernel that loads it.
    #[serde(default)]
    pub kernel: Kernel,
    /// What the root file system holds, where files are judged without it.
    #[serde(default)]
    pub rootfs: Rootfs,
    /// Protections that only some devices have.
    #[serde(default)]
    pub hardening: Hardening,
    /// What a file may say about its origin.
    #[serde(default)]
    pub provenance: Provenance,
    /// How large a file may be.
    #[serde(default)]
    pub limits: Limits,
    /// Severities that differ from the rule's own, by rule id.
    #[serde(default)]
    pub rules: BTreeMap<String, Severity>,
    /// Failures that are known and accepted, each with its reason.
    #[serde(default)]
    pub suppress: Vec<Suppression>,
}

/// `[elf]`
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Elf {
    /// The machine, such as `aarch64`. Required, here or in the profile that this one extends.
    pub machine: String,
    /// How files are linked.
    pub linkage: Linkage,
    /// The C libraries a file may be built on; none named: any.
    pub libc: Vec<Libc>,
}

/// How a device wants its programs linked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Linkage {
    /// Position-independent, without loader and libraries.
    StaticPie,
    /// Without loader and libraries, at any address.
    Static,
    /// Position-independent, with a loader or without.
    Pie,
    /// Anything: the device has a dynamic loader.
    #[default]
    Any,
}

/// A C library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Libc {
    /// GNU.
    Glibc,
    /// musl.
    Musl,
    /// Android's.
    Bionic,
    /// None at all.
    None,
}

impl Libc {
    /// The name as profiles spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Glibc => "glibc",
            Self::Musl => "musl",
            Self::Bionic => "bionic",
            Self::None => "none",
        }
    }
}

/// `[cpu]`
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Cpu {
    /// The architecture version that every processor of the device implements, such as `armv8.2-a`; none: instructions
    /// are not looked at.
    pub architecture: Option<String>,
    /// What they have beyond it, as /proc/cpuinfo spells features: `aes`, `atomics`, `asimddp` …
    pub features: Vec<String>,
    /// Features that programs test for before they use them, so that their instructions may be inside.
    pub tested: Vec<String>,
}

/// `[kernel]`
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Kernel {
    /// The oldest kernel, such as `5.10`. Required, here or in the profile that this one extends.
    pub version: String,
    /// Page sizes in bytes that kernels of this kind of device have. Required like the version.
    pub page_sizes: Vec<u64>,
}

impl Kernel {
    /// The version as numbers; missing parts are 0.
    pub fn numbers(&self) -> Option<(u32, u32, u32)> {
        let mut parts = self.version.split('.').map(|part| part.parse().ok());
        let version = (parts.next()??, parts.next().unwrap_or(Some(0))?, parts.next().unwrap_or(Some(0))?);
        parts.next().is_none().then_some(version)
    }

    /// The largest page size in bytes.
    pub fn largest_page(&self) -> u64 {
        self.page_sizes.iter().copied().max().unwrap_or(4096)
    }
}

/// `[rootfs]`
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Rootfs {
    /// The path of the device's dynamic loader.
    pub loader: Option<String>,
    /// The libraries that it has, by file name such as `libc.so.6`.
    pub libraries: Option<Vec<String>>,
    /// The newest symbol version of each family that its libraries provide, such as `GLIBC_2.31`.
    pub symbol_versions: Vec<String>,
    /// Folders on file systems that are mounted noexec.
    pub noexec: Vec<String>,
    /// Files that may have the set-user-id or set-group-id bit.
    pub setuid: Vec<String>,
}

/// `[hardening]`
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Hardening {
    /// Branch protections that the file must be marked for.
    pub branch_protection: Vec<BranchProtection>,
}

/// A branch protection of the GNU property note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum BranchProtection {
    /// Branch target identification.
    Bti,
    /// Pointer authentication of return addresses.
    Pac,
}

impl BranchProtection {
    /// The name as Arm's documents spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bti => "BTI",
            Self::Pac => "PAC",
        }
    }
}

/// `[provenance]`
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Provenance {
    /// Text with which paths of build machines begin.
    pub build_paths: Vec<String>,
    /// Names of build machines.
    pub build_hosts: Vec<String>,
    /// Whether a file must carry a build id.
    pub build_id: BuildId,
    /// A Rust program must list the packages that it was built from, as cargo-auditable does.
    pub rust_deps: bool,
}

/// What a profile says about the build id (NT_GNU_BUILD_ID).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum BuildId {
    /// It is not asked for.
    #[default]
    Any,
    /// It must be there.
    Required,
    /// It must not be there.
    Forbidden,
}

/// `[limits]`
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Limits {
    /// The largest file, in bytes.
    pub file_size: Option<u64>,
    /// The most memory that a file's segments may take when loaded, in bytes.
    pub memory_size: Option<u64>,
}

/// What a failed rule means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The file is refused.
    Deny,
    /// It is reported and the file passes.
    Warn,
    /// The rule is not asked.
    Allow,
}

impl Profile {
    /// What a failure of `rule` means on this device.
    pub fn severity(&self, rule: &rules::Rule) -> Severity {
        self.rules.get(rule.id).copied().unwrap_or(rule.severity)
    }
}

#[cfg(test)]
mod tests {
    /// `SARSEN_REGENERATE=1 cargo test` rewrites the file.
    #[test]
    fn the_schema_file_is_the_types() {
        crate::schema::compare::<super::Profile>("profile-1");
    }
}
