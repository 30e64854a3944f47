//! `dangling-link`: every symbolic link of the image leads somewhere.

use super::{Check, Member, Rule, Severity, Verdict};
use crate::rootfs::Kind;

/// The rule.
pub const RULE: Rule = Rule {
    id: "dangling-link",
    summary: "every symbolic link leads somewhere",
    what: "The target of each symbolic link exists in the image, with absolute targets starting at the image's root. \
           Links to where something is mounted at run time (/proc, /sys, /dev, /run, /tmp) are not looked at.",
    why: "Whatever is opened by such a link is missing on the device, although its name is there: a library of a split \
          package, a command of a busybox that was built without it.",
    fix: "Install what the link leads to, correct its target, or remove it.",
    source: "Linux fs/namei.c; path_resolution(7)",
    severity: Severity::Warn,
    check: Check::Member(check),
};

/// Folders that are empty in an image and not on a device.
const MOUNTED: [&str; 7] = ["/proc", "/sys", "/dev", "/run", "/tmp", "/var/run", "/var/tmp"];

fn check(member: &Member) -> Option<Verdict> {
    let Kind::Link(target) = &member.node.kind else { return None };
    let obstacle = match member.world.tree().resolve(member.path) {
        Ok((path, _)) => return Some(Verdict::pass(format!("it leads to {}", path.display()))),
        Err(obstacle) => obstacle,
    };
    let mounted =
        MOUNTED.iter().find(|folder| obstacle.path.starts_with(folder) || target.starts_with(folder));
    Some(match mounted {
        Some(folder) => Verdict::not_applicable(format!(
            "it leads below {folder}, where something is mounted at run time"
        )),
        None => Verdict::fail(
            obstacle.to_string(),
            "whoever opens it is told that there is no such file",
            format!("install {}, or remove the link", target.display()),
        ),
    })
}
