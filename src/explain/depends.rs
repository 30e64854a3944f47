//! What no file says, named where it matters.

use std::path::Path;

use super::Question;
use crate::elf::Image;
use crate::loader::exec::Running;
use crate::rootfs::Tree;
use crate::rules::{self, Subject, Verdict};
use crate::texts::Finder;

/// Folders below the root that devices like to mount noexec. Without their first slash, since rustc puts one text behind
/// the other, and two of these would look like a path of a build machine.
const VOLATILE: [&str; 6] = ["tmp", "var/tmp", "dev/shm", "run", "home", "media"];

/// Files that tell which security module may have a word.
const POLICIES: [(&str, &str); 3] = [
    ("/etc/selinux/config", "SELinux: its policy may refuse the program (EACCES, or SIGKILL)"),
    ("/etc/ima/ima-policy", "IMA: a file without a good signature is refused (EACCES)"),
    ("/etc/fapolicyd/fapolicyd.conf", "fapolicyd: a file that it does not trust is refused (EPERM)"),
];

/// Rules whose failure means a signal, but only where the code in question is reached.
const RULES: [(&str, &str); 2] = [
    ("isa-baseline", "SIGILL if it is reached"),
    ("allocator-page-size", "SIGABRT at its first allocation on a kernel with larger pages"),
];

pub fn of(tree: &Tree, running: &Running, image: &Image, question: &Question) -> Vec<String> {
    let profile = question.profile;
    let mut depends = Vec::new();
    let finder = Finder::new(profile);
    let subject = Subject::new(image, profile, &finder);
    for (id, effect) in RULES {
        let verdict = rules::find(id).and_then(|rule| rule.judge(&subject));
        if let Some(Verdict::Fail { evidence, .. }) = verdict {
            depends.push(format!("{id}: {evidence}: {effect}"));
        }
    }
    let inside = running.place.strip_prefix("/").unwrap_or(&running.place);
    if let Some(folder) = VOLATILE.iter().find(|folder| inside.starts_with(folder)) {
        depends.push(format!(
            "whether /{folder} is mounted noexec: the profile does not say so (rootfs.noexec)"
        ));
    }
    if let Ok((_, node)) = tree.resolve(&running.place) {
        if node.is_setuid() || node.is_setgid() {
            depends.push(
                "set-user-id and set-group-id bits have no effect on a nosuid mount or under no_new_privs"
                    .into(),
            );
        }
    }
    let policies = POLICIES.iter().filter(|(path, _)| tree.resolve(Path::new(path)).is_ok());
    depends.extend(policies.map(|(_, effect)| (*effect).to_owned()));
    depends
}
