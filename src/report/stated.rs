//! What `sarsen attest` prints.

use std::io::{self, Write};
use std::path::Path;

use crate::statement::rebuild::{Making, Origin, Other};
use crate::statement::{Rebuild, Statement};
use crate::visible::{shown, visible};

/// What was stated, for the builder to look at.
///
/// # Errors
/// What `out` says.
pub fn stated(out: &mut dyn Write, statement: &Statement<Rebuild>, bundle: &Path) -> io::Result<()> {
    let Rebuild { source, recipe, outputs, verdict, .. } = &statement.predicate;
    writeln!(out, "{} {}", verdict.result.as_str(), visible(&recipe.attribute))?;
    writeln!(out, "  derivation {}", visible(&recipe.drv_path))?;
    for subject in &statement.subject {
        for (algorithm, digest) in &subject.digest {
            writeln!(out, "  {} {algorithm} {digest}", visible(&subject.name))?;
        }
    }
    for output in outputs {
        let whose = match output.origin {
            Making::Built => "built by this run".to_owned(),
            Making::Found => {
                "found: this machine built it earlier; only --rebuild builds it again".to_owned()
            }
            Making::Substituted if output.signers.is_empty() => {
                "copied from elsewhere, signed by nobody that this Nix trusts".to_owned()
            }
            Making::Substituted => format!("copied from elsewhere, signed by {}", output.signers.join(" ")),
        };
        writeln!(out, "  output {}: {}", visible(&output.name), visible(&whose))?;
    }
    if let Some(difference) = &verdict.difference {
        let from = match difference.from {
            Other::Expected => "what was expected",
            Other::Found => "what this machine had",
            Other::Dependency => "what this machine had of a dependency",
            Other::Unknown => "something else",
        };
        writeln!(out, "  first difference from {from}: {}", visible(&difference.path))?;
        for line in &difference.summary {
            writeln!(out, "    {}", visible(line))?;
        }
    }
    for subject in &verdict.found {
        for (algorithm, digest) in &subject.digest {
            writeln!(out, "  this machine had {} {algorithm} {digest}", visible(&subject.name))?;
        }
    }
    if let Some(reason) = &verdict.reason {
        writeln!(out, "  because: {}", visible(reason))?;
    }
    let count = |origin| statement.predicate.count(origin);
    writeln!(
        out,
        "  went into it: {} built here, {} substituted, {} of fixed content, {} sources",
        count(Origin::Built),
        count(Origin::Substituted),
        count(Origin::FixedOutput),
        count(Origin::Source)
    )?;
    if source.dirty {
        writeln!(out, "  the source has changes that no commit holds: nobody else can build it")?;
    }
    writeln!(out, "  signed into {}", shown(bundle))
}
