//! Compilers that do what their arguments say and nothing else.

use std::path::PathBuf;
use std::process::Command;

/// Variables that tell the wrappers of nixpkgs which compiler they are. All others tell them what to add: hardening,
/// build ids, paths of libraries (pkgs/build-support/cc-wrapper and bintools-wrapper).
const KEPT: [&str; 5] =
    ["NIX_CC", "NIX_BINTOOLS", "NIX_CC_WRAPPER_TARGET_", "NIX_BINTOOLS_WRAPPER_TARGET_", "NIX_STORE"];

/// The compiler of that name. What the environment says must not change what is tested.
pub fn compiler(name: &str) -> Command {
    let mut command = Command::new(name);
    let is_kept =
        |name: &str| KEPT.iter().any(|kept| name == *kept || kept.ends_with('_') && name.starts_with(kept));
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("NIX_") && !is_kept(name)) {
            command.env_remove(name);
        }
    }
    for name in [
        "CPATH",
        "C_INCLUDE_PATH",
        "COMPILER_PATH",
        "GCC_EXEC_PREFIX",
        "GOFLAGS",
        "LD_RUN_PATH",
        "LIBRARY_PATH",
    ] {
        command.env_remove(name);
    }
    command.env_remove("SOURCE_DATE_EPOCH").env("LC_ALL", "C");
    // Paths outside of the store are what many tests are about; without the last, ld would add paths of its libraries.
    command.env("NIX_HARDENING_ENABLE", "").env("NIX_ENFORCE_PURITY", "0").env("NIX_DONT_SET_RPATH", "1");
    command
}

/// PATH, and the folders in which tools for root are.
pub fn path() -> String {
    std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin:/usr/bin:/bin"
}

/// Where a program is.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = path();
    path.split(':').map(|folder| PathBuf::from(folder).join(program)).find(|file| file.is_file())
}
