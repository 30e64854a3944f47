//! `symbol-versions`: the file asks for nothing newer than the profile's libraries provide.

use super::{Check, Rule, Severity, Subject, Verdict};
use crate::elf::tag;

/// The rule.
pub const RULE: Rule = Rule {
    id: "symbol-versions",
    summary: "the file asks for no library and no symbol version beyond those that the profile names",
    what: "Each DT_NEEDED is among the profile's rootfs.libraries, and each version in DT_VERNEED is no newer than the \
           one of its family in rootfs.symbol-versions: GLIBC_2.34 and GLIBC_2.31 are of one family. Where the image is \
           at hand, its libraries are asked instead (library-present, symbol-version-present).",
    why: "A program that was built on a newer system than the device's ends with \"version not found\" or \"cannot open \
          shared object file\".",
    fix: "Build against libraries as old as the device's, or link statically.",
    source: "LSB, \"Symbol Versioning\"; glibc elf/dl-version.c",
    severity: Severity::Deny,
    check: Check::Segments(check),
};

fn check(subject: &Subject) -> Verdict {
    if subject.place().is_some() {
        return Verdict::not_applicable("the libraries of its image are asked: see symbol-version-present");
    }
    let rootfs = &subject.profile.rootfs;
    if rootfs.libraries.is_none() && rootfs.symbol_versions.is_empty() {
        return Verdict::not_applicable(
            "the profile names neither libraries nor symbol versions of the device",
        );
    }
    let needed = subject.image.dynamic_strings(tag::NEEDED);
    if needed.is_empty() {
        return Verdict::not_applicable("no DT_NEEDED: it needs no library");
    }
    let has = |libraries: &Vec<String>, name: &String| libraries.contains(name);
    if let Some(libraries) = &rootfs.libraries {
        if let Some(absent) = needed.iter().find(|name| !has(libraries, name)) {
            return Verdict::fail(
                format!(
                    "it needs {absent}, which is not among the {} libraries of the device",
                    libraries.len()
                ),
                "the loader ends the process before main",
                format!("link without {absent}, or statically"),
            );
        }
    }
    let mut newest: Option<String> = None;
    for need in subject.image.version_needs() {
        for version in need.versions.iter().filter(|version| !version.is_weak) {
            let Some((family, wanted)) = split(&version.name) else { continue };
            let provided = rootfs.symbol_versions.iter().filter_map(|provided| split(provided));
            let Some((_, most)) =
                provided.filter(|(other, _)| *other == family).max_by_key(|(_, most)| most.clone())
            else {
                continue;
            };
            if wanted > most {
                return Verdict::fail(
                    format!(
                        "it asks {} for version {}; the device's newest is {family}_{}",
                        need.library,
                        version.name,
                        joined(&most)
                    ),
                    format!("\"version `{}' not found\" before main", version.name),
                    "build against libraries as old as the device's",
                );
            }
            newest.get_or_insert_with(|| version.name.to_string());
        }
    }
    Verdict::pass(match newest {
        Some(version) => format!("versions such as {version} are no newer than the device's"),
        None => format!("it needs {}, all of the device", needed.join(", ")),
    })
}

/// `GLIBC_2.34` as its family and numbers; none if no numbers stand at its end.
fn split(version: &str) -> Option<(&str, Vec<u32>)> {
    let (family, numbers) = version.rsplit_once('_')?;
    let numbers: Option<Vec<u32>> = numbers.split('.').map(|part| part.parse().ok()).collect();
    Some((family, numbers?))
}

fn joined(numbers: &[u32]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn versions_are_compared_by_numbers() {
        assert_eq!(split("GLIBC_2.34"), Some(("GLIBC", vec![2, 34])));
        assert!(split("GLIBC_2.4").unwrap().1 < split("GLIBC_2.34").unwrap().1);
        assert!(split("GLIBC_2.2.5").unwrap().1 > split("GLIBC_2.2").unwrap().1);
        assert_eq!(split("GLIBC_PRIVATE"), None);
        assert_eq!(split("plain"), None);
    }
}
