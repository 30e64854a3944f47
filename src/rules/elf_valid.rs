//! `elf-valid`: headers, segments and the dynamic table are consistent and inside the file.

use super::{Check, Rule, Severity, Subject, Verdict};

/// The rule.
pub const RULE: Rule = Rule {
    id: "elf-valid",
    summary: "headers, segments and the dynamic table are consistent and inside the file",
    what: "Program headers of the size that Linux demands, segments that lie inside the file, do not overlap \
          and do not wrap around, a dynamic table that ends, section headers (if any) inside the file.",
    why: "The kernel refuses a bad header with ENOEXEC; a segment that reaches beyond the end of the file \
          loads, and the program dies with SIGBUS when it touches the missing page. Mostly the file was cut \
          short on its way.",
    fix: "Copy the file again and compare its digest with the builder's. If the linker wrote it like this, \
          report the linker.",
    source: "gABI, \"Program Header\"; Linux fs/binfmt_elf.c, load_elf_phdrs and elf_map",
    severity: Severity::Deny,
    check: Check::Header(check),
};

fn check(subject: &Subject) -> Verdict {
    let image = subject.image;
    if !(image.header.is_64_bit && image.header.is_little_endian) {
        return Verdict::not_applicable("only 64-bit little-endian files are read beyond their header");
    }
    match image.problems.as_slice() {
        [] => Verdict::pass(format!(
            "{} segments and {} sections inside {} bytes",
            image.segments.len(),
            image.sections.len(),
            image.bytes.len()
        )),
        [first, rest @ ..] => Verdict::fail(
            if rest.is_empty() { first.clone() } else { format!("{first}; and {} more", rest.len()) },
            "ENOEXEC at start, or SIGBUS when a page that is missing is touched",
            "copy the file again and compare its digest with the builder's",
        ),
    }
}
