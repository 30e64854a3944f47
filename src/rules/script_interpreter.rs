//! `script-interpreter`: the `#!` line of an executable script leads to a program that starts.

use super::{Check, Member, Rule, Severity, Verdict};
use crate::loader::End;
use crate::loader::exec::{Kernel, User, execve};

/// The rule.
pub const RULE: Rule = Rule {
    id: "script-interpreter",
    summary: "the #! line of an executable script leads to a program that the kernel starts",
    what: "The interpreter behind #!, and its own interpreter if it is a script too, as the kernel of the profile reads \
           and opens them inside the image, up to the program at the end.",
    why: "A script whose interpreter is missing is answered with ENOENT, \"No such file or directory\", although the \
          script is there; so is one with Windows line ends, because the carriage return is part of the name.",
    fix: "Name an interpreter that the image has, by its absolute path, and end lines with a line feed alone.",
    source: "Linux fs/binfmt_script.c, load_script; fs/exec.c, exec_binprm",
    severity: Severity::Deny,
    check: Check::Member(check),
};

fn check(member: &Member) -> Option<Verdict> {
    if !member.node.is_executable() || !member.head.starts_with(b"#!") {
        return None;
    }
    let kernel = &member.profile.kernel;
    let page = kernel.page_sizes.iter().copied().min().unwrap_or(4096);
    let attempt = execve(member.world.tree(), member.path, Kernel::of(member.profile, page), User::default());
    let outcome = match attempt {
        Ok(execution) => execution.outcome,
        Err(error) => return Some(Verdict::not_applicable(error.message)),
    };
    Some(match outcome {
        Ok(running) => Verdict::pass(format!("its interpreter is {}", running.place.display())),
        Err(cause) => {
            let end = match cause.end {
                End::Errno(errno) => format!("execve of the script ends in {errno}"),
                End::Signal(signal) => format!("the process is killed by {signal}"),
                End::Starts | End::Exit { .. } => "the script does not start".into(),
            };
            Verdict::fail(cause.evidence, end, cause.fix)
        }
    })
}
