//! The device profile: what one kind of device can run. Everything a rule demands comes from here.

mod builtin;
mod nearest;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::error::{Code, Error};
use crate::{input, rules};

pub use builtin::BUILT_IN;
pub use nearest::nearest;

/// A device profile, as read from TOML. Unknown keys are errors.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Profile {
    /// The name that reports carry.
    pub name: String,
    /// One line for people.
    #[serde(default)]
    pub description: String,
    /// What an ELF file must be.
    pub elf: Elf,
    /// The kernel that loads it.
    pub kernel: Kernel,
    /// What a file may say about its origin.
    #[serde(default)]
    pub provenance: Provenance,
    /// Severities that differ from [`Severity::Deny`], by rule id.
    #[serde(default)]
    pub rules: BTreeMap<String, Severity>,
}

/// `[elf]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Elf {
    /// The machine, such as `aarch64`.
    pub machine: String,
    /// How files are linked.
    pub linkage: Linkage,
    /// The C libraries a file may be built on.
    pub libc: Vec<Libc>,
}

/// How a device wants its programs linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Linkage {
    /// Position-independent, without loader and libraries.
    StaticPie,
    /// Without loader and libraries, at any address.
    Static,
    /// Anything: the device has a dynamic loader.
    Any,
}

/// A C library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Libc {
    /// GNU.
    Glibc,
    /// musl.
    Musl,
    /// None at all.
    None,
}

impl Libc {
    /// The name as profiles spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Glibc => "glibc",
            Self::Musl => "musl",
            Self::None => "none",
        }
    }
}

/// `[kernel]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Kernel {
    /// The oldest kernel, such as `5.10`.
    pub version: String,
    /// Page sizes in bytes that kernels of this kind of device have.
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

/// `[provenance]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Provenance {
    /// Text with which paths of build machines begin.
    #[serde(default)]
    pub build_paths: Vec<String>,
}

/// What a failed rule means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
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
    /// The built-in profile of that name, or the one in the file of that name.
    ///
    /// # Errors
    /// `profile-unknown` if there is neither, `profile-invalid` if the text is not a profile, or an `input-…` code if
    /// the file cannot be read.
    pub fn load(name: &str) -> Result<Self, Error> {
        if let Some((_, text)) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name) {
            return Self::parse(text, name);
        }
        if !name.contains(['/', '.']) && !Path::new(name).exists() {
            let names: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
            return Err(Error::new(
                Code::ProfileUnknown,
                format!(
                    "no profile is called {name}: built in {} {}; a file is named by its path",
                    if names.len() == 1 { "is" } else { "are" },
                    names.join(", ")
                ),
            ));
        }
        let bytes = input::read(Path::new(name))?;
        let text = String::from_utf8(bytes).map_err(|_| {
            Error::new(Code::ProfileInvalid, format!("{name} is not UTF-8, so not a TOML profile"))
        })?;
        Self::parse(&text, name)
    }

    /// Reads a profile; `origin` names it in errors.
    ///
    /// # Errors
    /// `profile-invalid`, with the line and the key.
    pub fn parse(text: &str, origin: &str) -> Result<Self, Error> {
        let invalid = |why: String| Error::new(Code::ProfileInvalid, format!("profile {origin}: {why}"));
        let profile: Self = toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(1, |span| text[..span.start].lines().count().max(1));
            invalid(format!("line {line}: {}", e.message()))
        })?;
        if profile.kernel.numbers().is_none() {
            return Err(invalid(format!(
                "kernel.version is {:?}, not a version such as 5.10",
                profile.kernel.version
            )));
        }
        let odd = profile.kernel.page_sizes.iter().find(|size| !size.is_power_of_two() || **size < 4096);
        if profile.kernel.page_sizes.is_empty() || odd.is_some() {
            return Err(invalid("kernel.page-sizes must name powers of two from 4096, in bytes".into()));
        }
        for id in profile.rules.keys() {
            if rules::find(id).is_none() {
                let hint = nearest(id, rules::ALL.iter().map(|rule| rule.id));
                return Err(invalid(format!("no rule is called {id}{hint}")));
            }
        }
        Ok(profile)
    }

    /// What a failure of the rule `id` means on this device.
    pub fn severity(&self, id: &str) -> Severity {
        self.rules.get(id).copied().unwrap_or(Severity::Deny)
    }
}

#[cfg(test)]
mod tests {
    use super::{BUILT_IN, Profile, Severity};

    #[test]
    fn built_in_profiles_are_profiles_and_carry_their_name() {
        for (name, _) in BUILT_IN {
            assert_eq!(Profile::load(name).unwrap().name, *name);
        }
    }

    #[test]
    fn mistakes_are_named() {
        let good = BUILT_IN[0].1;
        for (from, to, said) in [
            ("machine", "machin", "unknown field `machin`"),
            ("\"5.10\"", "\"five\"", "not a version such as 5.10"),
            ("4096,", "4097,", "powers of two"),
            (
                "[elf]",
                "[rules]\nstatic-pi = \"warn\"\n[elf]",
                "no rule is called static-pi; is static-pie meant?",
            ),
            ("[elf]", "[rules]\nstatic-pie = \"maybe\"\n[elf]", "unknown variant `maybe`"),
            ("name", "= ", "line 2"),
        ] {
            let error = Profile::parse(&good.replacen(from, to, 1), "p.toml").unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn severities_come_from_the_profile() {
        let text = format!("{}\n[rules]\nrelro = \"warn\"\n", BUILT_IN[0].1);
        let profile = Profile::parse(&text, "p").unwrap();
        assert_eq!(profile.severity("relro"), Severity::Warn);
        assert_eq!(profile.severity("stripped"), Severity::Deny);
    }
}
