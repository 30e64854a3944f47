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
