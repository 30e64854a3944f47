//! What makes a rebuild statement one that can be believed, whoever signed it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Attempt, Builder, BuiltBy, Environment, Making, Origin, Outcome, Rebuild, Verdict};
use crate::clock::is_timestamp;
use crate::nar;
use crate::nar::signature::PublicKey;
use crate::statement::agreement::{self, Outputs};
use crate::statement::{Subject, digests, subjects};

impl Builder {
    /// Whether it names a URI and an organisation.
    ///
    /// # Errors
    /// One sentence fragment, if it does not.
    pub fn validate(&self) -> Result<(), String> {
        let scheme = self.id.split_once(':').map_or("", |(scheme, _)| scheme);
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        if !is_scheme || self.id.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(format!("its builder {:?} is no URI, such as https://builds.example/one", self.id));
        }
        let name = &self.organisation;
        if name.is_empty() || name.trim() != name || name.contains(char::is_control) {
            return Err(format!("its organisation {name:?} is no name, such as builds.example"));
        }
        Ok(())
    }
}

impl Rebuild {
    /// Whether it contradicts itself. `first` is whether this was read as the first version, which says less.
    ///
    /// # Errors
    /// One sentence fragment, if it does.
    pub(in crate::statement) fn validate(&self, subject: &[Subject], first: bool) -> Result<(), String> {
        digests("source", &self.source.digest)?;
        digests("derivation", &self.recipe.drv_digest)?;
        if !self.recipe.drv_digest.contains_key("sha256") {
            return Err("its derivation has no sha256: nobody can tell what was built".into());
        }
        for (lock, name) in [(&self.source.flake_lock, "flake.lock"), (&self.source.cargo_lock, "Cargo.lock")]
        {
            lock.as_ref().map_or(Ok(()), |lock| digests(name, lock))?;
        }
        for time in [&self.run.started_on, &self.run.finished_on] {
            if !is_timestamp(time) {
                return Err(format!("its time {time:?} is not of the form 2026-11-25T08:00:00Z"));
            }
        }
        if self.run.invocation_id.is_empty() {
            return Err("its run has no invocationId: the same run may be stated twice".into());
        }
        self.builder.validate()?;
        self.verdict.validate(subject, first)?;
        if first {
            return Ok(());
        }
        self.environment.validate()?;
        self.origins(subject)
    }

    /// Whether the outputs are those of the subject, and who signed what is named by a key.
    fn origins(&self, subject: &[Subject]) -> Result<(), String> {
        let whole = |subject: &Subject| {
            let name = subject.name.strip_prefix("nar:")?;
            Some((name.to_owned(), subject.digest.get("sha256").cloned().unwrap_or_default()))
        };
        let stated: BTreeMap<String, String> = subject.iter().filter_map(whole).collect();
        let mut seen = BTreeSet::new();
        for output in &self.outputs {
            let name = &output.name;
            if !seen.insert(name) {
                return Err(format!("its outputs name {name:?} twice"));
            }
            let hash = nar::from_sri(&output.nar_hash).map(|hash| crate::digest::hex(&hash));
            if hash.is_none() || hash.as_ref() != stated.get(name) {
                return Err(format!(
                    "the narHash of its output {name:?} is {:?}, and its subject nar:{name} says otherwise",
                    output.nar_hash
                ));
            }
            if output.origin != Making::Substituted && !output.signers.is_empty() {
                return Err(format!("its output {name:?} was not copied, and names who signed it"));
            }
        }
        if let Some(name) = stated.keys().find(|name| !seen.contains(name)) {
            return Err(format!("it does not say where its output {name:?} came from"));
        }
        let asked: BTreeSet<&String> = self.recipe.outputs.iter().collect();
        if self.verdict.result.has_output() && asked != seen {
            return Err(format!("its recipe has the outputs {asked:?}, and it states {seen:?}"));
        }
        let others =
            |is_built| self.outputs.iter().find(|output| (output.origin == Making::Built) != is_built);
        match (self.run.attempt, others(false), others(true)) {
            (Attempt::Taken, Some(output), _) => {
                return Err(format!("it says that nothing was built, and its output {:?} was", output.name));
            }
            (Attempt::Rebuild, _, Some(output)) => {
                return Err(format!(
                    "it says that everything was built again, and its output {:?} was not",
                    output.name
                ));
            }
            (Attempt::Rebuild, ..) if self.verdict.result == Outcome::Produced => {
                return Err("it says that it was built again, and compares with nothing".into());
            }
            (Attempt::Taken | Attempt::First, ..) if !self.verdict.found.is_empty() => {
                return Err(
                    "it names what was there before a build again, and nothing was built again".into()
                );
            }
            _ => {}
        }
        if self.verdict.result.has_output() && self.outputs.is_empty() {
            return Err("it does not say where its outputs came from".into());
        }
        let by = self.environment.built_by;
        let fits = match self.run.attempt {
            Attempt::Taken => by == BuiltBy::Nobody,
            Attempt::First => !matches!(by, BuiltBy::Rebuild | BuiltBy::Unknown),
            Attempt::Rebuild => by == BuiltBy::Rebuild,
        };
        if !fits {
            return Err(format!(
                "it was built by {by:?}, which its attempt {:?} rules out",
                self.run.attempt
            ));
        }
        for input in &self.closure {
            if nar::from_sri(&input.nar_hash).is_none() {
                return Err(format!("the narHash of {:?} is {:?}, no SHA-256", input.path, input.nar_hash));
            }
            if input.origin != Origin::Substituted && !input.signers.is_empty() {
                return Err(format!("its input {:?} was not copied, and names who signed it", input.path));
            }
        }
        let drv = format!("drv:{}", self.recipe.drv_path);
        let about = |subject: &&Subject| subject.name.starts_with("drv:");
        if let Some(other) =
            subject.iter().filter(about).find(|s| s.name != drv || s.digest != self.recipe.drv_digest)
        {
            return Err(format!("its subject {:?} is not the derivation of its recipe", other.name));
        }
        let signers = self.outputs.iter().map(|output| &output.signers);
        let signers = signers.chain(self.closure.iter().map(|input| &input.signers)).flatten();
        // Each once: thousands of paths have few signers.
        for signer in signers.collect::<BTreeSet<_>>() {
            PublicKey::parse(signer)
                .map_err(|_| format!("its signer {signer:?} is no key of Nix, which is NAME:BASE64"))?;
        }
        Ok(())
    }
}

impl Environment {
    /// Only who sets the settings, or builds by them itself, knows them.
    fn validate(&self) -> Result<(), String> {
        let known = matches!(self.built_by, BuiltBy::Rebuild | BuiltBy::Nix);
        if known == self.settings.is_some() {
            return Ok(());
        }
        Err(format!(
            "it was built by {:?}, and its settings are {}stated",
            self.built_by,
            if known { "not " } else { "" }
        ))
    }
}

impl Verdict {
    fn validate(&self, subject: &[Subject], first: bool) -> Result<(), String> {
        let Self { result, expected, found, .. } = self;
        subjects("expected output", expected)?;
        subjects("output that was found", found)?;
        let files = subject.iter().any(|subject| !subject.name.starts_with("drv:"));
        let says = result.as_str();
        let (own, other) = (outputs(subject), outputs(expected));
        // The first version was written where everything was the same.
        let same = if first { own == other } else { agreement::agree(&own, &other) };
        match result {
            _ if result.has_output() != files => Err(format!(
                "it says {says}, and its subject names {} output",
                if files { "an" } else { "no" }
            )),
            Outcome::Produced if !expected.is_empty() => {
                Err("it says produced, and compares with something".into())
            }
            Outcome::Matches if !same => {
                Err("it says matches, and what it expected is not its subject".into())
            }
            Outcome::Differs
                if expected.is_empty()
                    || own == other
                    || !first && agreement::difference(&own, &other).is_none() =>
            {
                Err("it says differs, and names nothing else that it expected".into())
            }
            _ => Ok(()),
        }
    }
}

/// The digests by name. Order and annotations do not matter.
fn outputs(subjects: &[Subject]) -> Outputs {
    subjects.iter().map(|subject| (subject.name.clone(), subject.digest.clone())).collect()
}
