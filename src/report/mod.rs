//! Renders what was judged: for people, for machines, and the rules' own documentation.

pub mod human;
pub mod json;
pub mod rules;

/// Whether to colour what goes to standard output: a terminal, `NO_COLOR` unset or empty, `TERM` not `dumb`.
pub fn colour() -> bool {
    use std::io::IsTerminal;
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    std::io::stdout().is_terminal()
        && !set("NO_COLOR")
        && std::env::var_os("TERM").is_some_and(|t| t != "dumb")
}
