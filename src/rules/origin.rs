//! What several rules ask of a file's origin before their own question makes sense: which C library its symbols come
//! from.

use crate::elf::{Image, tag};
use crate::profile::Libc;

/// The C library that a dynamic file is linked with, by its interpreter, the libraries it needs and the symbol versions
/// it wants. None for a static file, and for a library that names no C library.
pub fn dynamic_libc(image: &Image) -> Option<Libc> {
    let by_interpreter = image.interpreter().and_then(|path| {
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        if name.starts_with("ld-musl-") {
            Some(Libc::Musl)
        } else if name == "linker64" {
            Some(Libc::Bionic)
        } else {
            name.starts_with("ld-linux-").then_some(Libc::Glibc)
        }
    });
    let by_library = || {
        let needed = image.dynamic_strings(tag::NEEDED);
        let needs = |wanted: &str| needed.iter().any(|name| name == wanted);
        if needs("libc.so.6") {
            return Some(Libc::Glibc);
        }
        // Bionic's and musl's library may have the same name; only bionic's symbols have a version.
        let bionic = || {
            let needs = image.version_needs();
            needs.iter().any(|n| n.library == "libc.so" && n.versions.iter().any(|v| v.name == "LIBC"))
        };
        if needs("libc.so") && bionic() {
            return Some(Libc::Bionic);
        }
        let musl = |name: &String| {
            name == "libc.so" || name.starts_with("libc.musl-") || name.starts_with("ld-musl-")
        };
        needed.iter().any(musl).then_some(Libc::Musl)
    };
    by_interpreter.or_else(by_library)
}

/// It is linked with no library at all, so what it imports does not tell what its code calls.
pub fn is_static(image: &Image) -> bool {
    image.interpreter().is_none() && image.dynamic.as_ref().is_none_or(|d| d.value(tag::NEEDED).is_none())
}
