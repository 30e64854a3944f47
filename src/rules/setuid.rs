//! `setuid`: only files that the profile lists change the user or group.

use std::path::Path;

use super::{Check, Member, Rule, Severity, Verdict};

/// The rule.
pub const RULE: Rule = Rule {
    id: "setuid",
    summary: "only files that the profile lists have the set-user-id or set-group-id bit",
    what: "The mode and path of each regular file with one of the two bits: the path must be among the profile's \
           rootfs.setuid. The set-group-id bit counts together with the group's x bit.",
    why: "Such a file gives its owner's rights to anyone who starts it: each is a door that must be known.",
    fix: "Remove the bit (chmod u-s,g-s), or list the path in rootfs.setuid of the profile.",
    source: "inode(7); execve(2); capabilities(7)",
    severity: Severity::Deny,
    check: Check::Member(check),
};

fn check(member: &Member) -> Option<Verdict> {
    let node = member.node;
    if !node.is_setuid() && !node.is_setgid() {
        return None;
    }
    let seen = format!("mode {:04o}, owner {}:{}", node.mode, node.uid, node.gid);
    if member.profile.rootfs.setuid.iter().any(|listed| Path::new(listed) == member.path) {
        return Some(Verdict::pass(format!("{seen}: listed in the profile")));
    }
    let whose = if node.is_setuid() { format!("user {}", node.uid) } else { format!("group {}", node.gid) };
    Some(Verdict::fail(
        format!("{seen}: not listed in the profile"),
        format!("anyone who may start it acts as {whose}"),
        "remove the bit, or list the path in rootfs.setuid",
    ))
}
