//! Derivations as Nix stores them: one term `Derive(…)` in a file (Nix manual, "Store derivation"; Eelco Dolstra's thesis,
//! section 2.4). The text has not changed in twenty years, unlike the JSON that commands make of it, and its digest is
//! what binds everything that goes into a build.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::digest::sha256;
use crate::error::{Code, Error};
use crate::nar::store_path;

/// A derivation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derivation {
    /// Its outputs by name.
    pub outputs: BTreeMap<String, Output>,
    /// The derivations whose outputs it needs.
    pub inputs: Vec<PathBuf>,
    /// The store paths that it needs as they are.
    pub sources: Vec<PathBuf>,
    /// The system it is built on.
    pub system: String,
    /// SHA-256 of its text.
    pub sha256: [u8; 32],
}

/// An output of a derivation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its store path; empty if that is only known when it is built.
    pub path: PathBuf,
    /// The hash of its content that the derivation fixes; empty if it fixes none.
    pub hash: String,
}

impl Derivation {
    /// Its content is fixed by a hash, so it does not matter who made it.
    pub fn is_fixed(&self) -> bool {
        self.outputs.values().all(|output| !output.hash.is_empty())
    }

    /// Reads the derivation at `path`.
    ///
    /// # Errors
    /// One of the `input-…` codes if it cannot be read, `derivation-invalid` if it is none.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = crate::input::read(path)?;
        Self::parse(&text).ok_or_else(|| {
            Error::new(
                Code::DerivationInvalid,
                format!("{} is no derivation that can be read: is it of Nix's store?", path.display()),
            )
        })
    }

    /// The store path that its text gives, beside `beside` and under the same name; `None` if that is no store path.
    pub fn path(&self, beside: &Path) -> Option<PathBuf> {
        let references = self.inputs.iter().chain(&self.sources).map(|path| path.display().to_string());
        let (_, name) = beside.file_name()?.to_str()?.split_once('-')?;
        let store = beside.parent()?.to_str()?;
        Some(store_path::text(store, name, &self.sha256, &references.collect::<Vec<_>>()).into())
    }

    /// Reads its text.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut term = Term { rest: text.strip_prefix(b"Derive(")? };
        let outputs = term.list(|term| {
            term.tuple(4).map(|mut words| {
                let hash = words.pop().unwrap_or_default();
                let algorithm = words.pop().unwrap_or_default();
                let path = PathBuf::from(words.pop().unwrap_or_default());
                // A derivation whose path depends on what it yields names the algorithm and no hash.
                let hash = if hash.is_empty() { hash } else { format!("{algorithm}:{hash}") };
                (words.pop().unwrap_or_default(), Output { path, hash })
            })
        })?;
        term.take(b",")?;
        let inputs = term.list(|term| {
            term.take(b"(")?;
            let path = term.string()?;
            term.take(b",")?;
            term.list(Term::string)?;
            term.take(b")")?;
            Some(PathBuf::from(path))
        })?;
        term.take(b",")?;
        let sources = term.list(Term::string)?.into_iter().map(PathBuf::from).collect();
        term.take(b",")?;
        let system = term.string()?;
        term.take(b",")?;
        term.string()?;
        term.take(b",")?;
        term.list(Term::string)?;
        term.take(b",")?;
        term.list(|term| term.tuple(2))?;
        (term.rest == b")").then(|| Self {
            outputs: outputs.into_iter().collect(),
            inputs,
            sources,
            system,
            sha256: sha256(text),
        })
    }
}

/// The rest of a term.
struct Term<'a> {
    rest: &'a [u8],
}

impl Term<'_> {
    fn take(&mut self, word: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(word)?;
        Some(())
    }

    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.take(b"[")?;
        let mut items = Vec::new();
        while self.take(b"]").is_none() {
            if !items.is_empty() {
                self.take(b",")?;
            }
            items.push(item(self)?);
        }
        Some(items)
    }

    fn tuple(&mut self, size: usize) -> Option<Vec<String>> {
        self.take(b"(")?;
        let mut words = Vec::new();
        for at in 0..size {
            if at > 0 {
                self.take(b",")?;
            }
            words.push(self.string()?);
        }
        self.take(b")")?;
        Some(words)
    }

    /// A string; what is not UTF-8 in it, as an environment variable may hold, is replaced.
    fn string(&mut self) -> Option<String> {
        self.take(b"\"")?;
        let mut bytes = Vec::new();
        loop {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            match byte {
                b'"' => return Some(String::from_utf8_lossy(&bytes).into_owned()),
                b'\\' => {
                    let (&escaped, rest) = self.rest.split_first()?;
                    self.rest = rest;
                    bytes.push(match escaped {
                        b'n' => b'\n',
                        b'r' => b'\r',
                        b't' => b'\t',
                        other => other,
                    });
                }
                other => bytes.push(other),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"Derive([("dev","/nix/store/b-x-dev","",""),("out","/nix/store/a-x","","")],[("/nix/store/c-y.drv",["out"]),("/nix/store/d-z.drv",["dev","out"])],["/nix/store/e-s.sh"],"x86_64-linux","/bin/sh",["-c","echo \"a\\n\"\n"],[("name","x"),("out","/nix/store/a-x")])"#;

    #[test]
    fn a_derivation_is_read() {
        let read = Derivation::parse(TEXT.as_bytes()).unwrap();
        assert_eq!(read.outputs["out"].path, Path::new("/nix/store/a-x"));
        assert_eq!(read.inputs, [Path::new("/nix/store/c-y.drv"), Path::new("/nix/store/d-z.drv")]);
        assert_eq!((read.sources.len(), read.system.as_str(), read.is_fixed()), (1, "x86_64-linux", false));
        assert_eq!(read.sha256, sha256(TEXT.as_bytes()));
        let fixed = TEXT.replace(r#""/nix/store/b-x-dev","","""#, r#""/nix/store/b-x-dev","r:sha256","00""#);
        assert!(!Derivation::parse(fixed.as_bytes()).unwrap().is_fixed());
        let fixed = fixed.replace(r#""/nix/store/a-x","","""#, r#""/nix/store/a-x","sha256","00""#);
        assert_eq!(Derivation::parse(fixed.as_bytes()).unwrap().outputs["out"].hash, "sha256:00");
        assert!(Derivation::parse(fixed.as_bytes()).unwrap().is_fixed());
    }

    #[test]
    fn no_part_of_one_is_one() {
        for end in 0..TEXT.len() {
            assert_eq!(Derivation::parse(&TEXT.as_bytes()[..end]), None, "{end}");
        }
        assert_eq!(Derivation::parse(format!("{TEXT} ").as_bytes()), None);
    }
}
