//! Everything at once that keeps something from being answered.

use super::verify::weight;
use crate::error::Error;
use crate::exit::Exit;

/// Why there is no answer: each problem of a bundle, and what was asked wrongly; never empty.
#[derive(Clone, Debug)]
pub struct Refusal(pub Vec<Error>);

impl Refusal {
    /// What these do to the exit code: of several the largest.
    pub fn exit(&self) -> Exit {
        self.0.iter().map(|problem| weight(problem.code)).max().unwrap_or(Exit::Unusable)
    }
}

/// What goes wrong where several things are read that do not need each other, in the order in which they are read.
#[derive(Debug, Default)]
pub struct Problems(pub Vec<Error>);

impl Problems {
    /// What was read, or nothing, and the reasons are kept.
    pub fn keep<T, E: Into<Vec<Error>>>(&mut self, read: Result<T, E>) -> Option<T> {
        read.map_err(|errors| self.0.extend(errors.into())).ok()
    }

    /// What was made of everything that was read.
    ///
    /// # Errors
    /// All that was kept, if that is anything; there must be a reason where there is no value.
    pub fn end<T>(self, value: Option<T>) -> Result<T, Refusal> {
        value.filter(|_| self.0.is_empty()).ok_or(Refusal(self.0))
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self(vec![error])
    }
}

impl From<Vec<Error>> for Refusal {
    fn from(errors: Vec<Error>) -> Self {
        Self(errors)
    }
}

impl From<Refusal> for Vec<Error> {
    fn from(refusal: Refusal) -> Self {
        refusal.0
    }
}
