//! The exit codes of the program: a promise, never renumbered.

/// What the exit code of `sarsen` says. With several reasons at once the largest wins, but [`Exit::Nothing`] is only
/// returned where there is no other reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Everything was judged, and nothing failed.
    Ok = 0,
    /// Something was judged and failed.
    Failed = 1,
    /// The arguments, an input or a profile could not be used; what could be judged was.
    Unusable = 2,
    /// No rule applied to any file: silence is not a verdict.
    Nothing = 3,
    /// The result could not be written.
    Output = 4,
    /// A trusted builder states other bytes, or two that contradict each other.
    Disputed = 5,
    /// A signature or a digest that must fit does not.
    Forged = 6,
    /// A program that was called, Nix or a signer, failed.
    Helper = 7,
}

impl Exit {
    /// Every code with its meaning, in the words of `--help`.
    pub const TABLE: [(Exit, &str); 8] = [
        (Exit::Ok, "judged, nothing failed"),
        (Exit::Failed, "judged, something failed"),
        (Exit::Unusable, "arguments, an input or a profile could not be used"),
        (Exit::Nothing, "nothing could be judged: no rule applied"),
        (Exit::Output, "the result could not be written"),
        (Exit::Disputed, "a trusted builder states other bytes"),
        (Exit::Forged, "a signature or digest that must fit does not"),
        (Exit::Helper, "a program that was called, such as nix or a signer, failed"),
    ];
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        (exit as u8).into()
    }
}
