//! `interpreter-present`: the image holds the interpreter that the program names.

use std::path::Path;

use super::{Check, Place, Rule, Severity, Subject, Verdict};
use crate::elf::machine_name;

/// The rule.
pub const RULE: Rule = Rule {
    id: "interpreter-present",
    summary: "the image holds the interpreter that the program names",
    what: "The path of PT_INTERP leads, through the links of the image, to an executable ELF file for the program's \
           machine.",
    why: "execve opens the interpreter before the program runs. Without it the answer is ENOENT, \"No such file or \
          directory\", about a program that is there; with a file for another machine it is ELIBBAD.",
    fix: "Install the loader at that very path, or link with -Wl,--dynamic-linker=PATH or statically.",
    source: "Linux fs/binfmt_elf.c, load_elf_binary",
    severity: Severity::Deny,
    check: Check::World(check),
};

fn check(subject: &Subject, place: &Place) -> Verdict {
    let Some(interpreter) = subject.image.interpreter() else {
        return Verdict::not_applicable("no PT_INTERP: the kernel loads nothing beside the file");
    };
    let fail = |seen: String, errno: &str| {
        Verdict::fail(
            format!("PT_INTERP names {interpreter}: {seen}"),
            format!("execve ends in {errno}, although the program itself is there"),
            format!("install the loader at {interpreter}, or link for one that the image has"),
        )
    };
    let (path, node) = match place.world.tree().resolve(Path::new(&interpreter)) {
        Ok(found) => found,
        Err(obstacle) => return fail(obstacle.to_string(), obstacle.errno.name()),
    };
    let name = path.display();
    if !node.is_file() {
        return fail(format!("{name} is not a regular file"), "EACCES");
    }
    if !node.is_executable() {
        return fail(format!("{name} has mode {:04o}, which nobody may execute", node.mode), "EACCES");
    }
    let facts = match place.world.library(&path) {
        Ok(facts) => facts,
        Err(why) => return Verdict::not_applicable(why),
    };
    match facts.ident {
        Some(ident) if ident.bytes.starts_with(b"\x7fELF") => {
            let (have, want) = (ident.machine, subject.image.header.machine);
            let is_64_bit = ident.bytes[4] == 2;
            if have != want || is_64_bit != subject.image.header.is_64_bit {
                return fail(format!("{name} is made for {}", machine_name(have)), "ELIBBAD");
            }
            Verdict::pass(format!("{interpreter} is {name}"))
        }
        Some(_) => fail(format!("{name} is not an ELF file"), "ELIBBAD"),
        None => fail(format!("{name} has {} bytes, less than an ELF header", node.size), "EIO"),
    }
}
