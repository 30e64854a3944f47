//! Profiles from text: the keys of a file over those of the profile that it extends, and what can be wrong with them.

use std::path::Path;

use super::{BUILT_IN, Profile, nearest, suppress};
use crate::error::{Code, Error};
use crate::isa::Baseline;
use crate::{configuration, input, rules};

/// A chain of `extends` longer than this is a circle.
const DEPTH: usize = 8;

impl Profile {
    /// The built-in profile of that name, or the one in the file of that name.
    ///
    /// # Errors
    /// `profile-unknown` if there is neither, `profile-invalid` if the text is not a profile, or an `input-…` code if
    /// the file cannot be read.
    pub fn load(name: &str) -> Result<Self, Error> {
        Self::parse(&text_of(name)?, name)
    }

    /// Reads a profile; `origin` is its name or path, by which errors name it and relative paths are found.
    ///
    /// # Errors
    /// `profile-invalid`, with the line and the key; what [`Profile::load`] says of a profile that it extends.
    pub fn parse(text: &str, origin: &str) -> Result<Self, Error> {
        let table = layered(text, origin, 0)?;
        let profile: Self = table.try_into().map_err(|e: toml::de::Error| invalid(origin, e.message()))?;
        profile.validate().map_err(|why| invalid(origin, why))?;
        Ok(profile)
    }

    fn validate(&self) -> Result<(), String> {
        if self.elf.machine.is_empty() {
            return Err("elf.machine is missing: name it, or extend a profile that does".into());
        }
        if self.kernel.numbers().is_none() {
            return Err(format!("kernel.version is {:?}, not a version such as 5.10", self.kernel.version));
        }
        let odd = self.kernel.page_sizes.iter().find(|size| !size.is_power_of_two() || **size < 4096);
        if self.kernel.page_sizes.is_empty() || odd.is_some() {
            return Err("kernel.page-sizes must name powers of two from 4096, in bytes".into());
        }
        if let Some(architecture) = &self.cpu.architecture {
            Baseline::new(architecture, &self.cpu.features).map_err(|why| format!("cpu: {why}"))?;
        }
        for names in [&self.cpu.features, &self.cpu.tested] {
            Baseline::features(names).map_err(|why| format!("cpu: {why}"))?;
        }
        for id in self.rules.keys().chain(self.suppress.iter().map(|s| &s.rule)) {
            if rules::find(id).is_none() {
                let hint = nearest(id, rules::ALL.iter().map(|rule| rule.id));
                return Err(format!("no rule is called {id}{hint}"));
            }
        }
        self.suppress.iter().try_for_each(suppress::Suppression::validate)
    }
}

fn invalid(origin: &str, why: impl std::fmt::Display) -> Error {
    Error::new(Code::ProfileInvalid, format!("profile {origin}: {why}"))
}

/// The text of a built-in profile or of a file.
fn text_of(name: &str) -> Result<String, Error> {
    if let Some((_, text)) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name) {
        return Ok((*text).to_owned());
    }
    if !name.contains(['/', '.']) && !Path::new(name).exists() {
        let names: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
        let hint = nearest(name, names.iter().copied());
        return Err(Error::new(
            Code::ProfileUnknown,
            format!(
                "no profile is called {name}{hint}: built in are {}; a file is named by its path",
                names.join(", ")
            ),
        ));
    }
    String::from_utf8(input::read(Path::new(name))?)
        .map_err(|_| Error::new(Code::ProfileInvalid, format!("{name} is not UTF-8, so not a TOML profile")))
}

/// The keys of `text` over those of what it extends.
fn layered(text: &str, origin: &str, depth: usize) -> Result<toml::Table, Error> {
    // Read as a profile first: this reader knows the line of an unknown key or a wrong type, the joined table does not.
    let own: Profile = configuration::parse(text).map_err(|why| invalid(origin, why))?;
    let table: toml::Table = toml::from_str(text).map_err(|e| invalid(origin, e.message()))?;
    let Some(base) = own.extends else { return Ok(table) };
    if depth == DEPTH {
        return Err(invalid(origin, "extends leads in a circle: a profile must not extend itself"));
    }
    let built_in = BUILT_IN.iter().any(|(name, _)| *name == base);
    let beside = Path::new(origin).parent().filter(|_| !built_in).map(|folder| folder.join(&base));
    let base = beside.map_or(base, |path| path.to_string_lossy().into_owned());
    let mut joined = layered(&text_of(&base)?, &base, depth + 1)?;
    lay_over(&mut joined, table);
    Ok(joined)
}

fn lay_over(base: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => lay_over(below, above),
            (Some(toml::Value::Array(below)), toml::Value::Array(above)) if key == "suppress" => {
                below.extend(above);
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BUILT_IN, Profile};
    use crate::profile::Severity;
    use crate::rules::find;

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
            (
                "machine",
                "machin",
                "unknown field `machin`, expected one of `machine`, `linkage`, `libc`; is machine meant?",
            ),
            ("\"5.10\"", "\"five\"", "not a version such as 5.10"),
            ("4096,", "4097,", "powers of two"),
            (
                "[elf]",
                "[rules]\nstatic-pi = \"warn\"\n[elf]",
                "no rule is called static-pi; is static-pie meant?",
            ),
            ("[elf]", "[rules]\nstatic-pie = \"maybe\"\n[elf]", "unknown variant `maybe`"),
            ("armv8.2-a", "armv8.2a", "cpu: no architecture is called armv8.2a; is armv8.2-a meant?"),
            ("\"atomics\"", "\"atomic\"", "cpu: no processor feature is called atomic; is atomics meant?"),
            ("\"mte\"", "\"mtx\"", "cpu: no processor feature is called mtx"),
            ("name", "= ", "line 2"),
            ("machine = \"aarch64\"", "", "elf.machine is missing"),
            ("name", "extends = \"grid\"\nname", "no profile is called grid"),
            (
                "[elf]",
                "[[suppress]]\nrule = \"relro\"\nfile = \"*\"\nreason = \" \"\n[elf]",
                "needs a reason",
            ),
            ("[elf]", "[[suppress]]\nrule = \"relro\"\nfile = \"*\"\n[elf]", "missing field `reason`"),
        ] {
            let error = Profile::parse(&good.replacen(from, to, 1), "p").unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn keys_lie_over_those_of_the_extended_profile() {
        let text = "name = \"mine\"\nextends = \"grid-arm64\"\n[kernel]\nversion = \"6.1\"\n[rules]\nrelro = \"warn\"";
        let profile = Profile::parse(text, "mine.toml").unwrap();
        assert_eq!((profile.name.as_str(), profile.kernel.version.as_str()), ("mine", "6.1"));
        assert_eq!(profile.kernel.largest_page(), 65536, "what is not said comes from grid-arm64");
        assert_eq!(profile.severity(find("relro").unwrap()), Severity::Warn);
        assert_eq!(profile.severity(find("no-wx").unwrap()), Severity::Deny);
    }

    #[test]
    fn a_circle_of_profiles_is_an_error() {
        let folder = std::env::temp_dir().join(format!("sarsen-circle-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.toml");
        std::fs::write(&path, "name = \"a\"\nextends = \"a.toml\"").unwrap();
        let error = Profile::load(path.to_str().unwrap()).unwrap_err().to_string();
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(error.contains("in a circle"), "{error}");
    }
}
