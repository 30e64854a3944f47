//! What `sarsen attest` prints.

use std::io::{self, Write};
use std::path::Path;

use crate::statement::rebuild::Origin;
use crate::statement::{Rebuild, Statement};
use crate::visible::{shown, visible};

/// What was stated, for the builder to look at.
///
/// # Errors
/// What `out` says.
pub fn stated(out: &mut dyn Write, statement: &Statement<Rebuild>, bundle: &Path) -> io::Result<()> {
    let Rebuild { source, recipe, verdict, .. } = &statement.predicate;
    writeln!(out, "{} {}", verdict.result.as_str(), visible(&recipe.attribute))?;
    writeln!(out, "  derivation {}", visible(&recipe.drv_path))?;
    for subject in &statement.subject {
        for (algorithm, digest) in &subject.digest {
            writeln!(out, "  {} {algorithm} {digest}", visible(&subject.name))?;
        }
    }
    if let Some(difference) = &verdict.difference {
        writeln!(out, "  first difference: {}", visible(&difference.path))?;
        for line in &difference.summary {
            writeln!(out, "    {}", visible(line))?;
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
