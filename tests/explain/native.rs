//! The cases on the kernel under this test: the tree becomes the root of a child, which starts each program.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use super::case::On;
use super::program::Machine;
use super::support::Folder;
use super::{cases, lay, outcome};

const ROOT: &str = "SARSEN_CASES_ROOT";

/// The version of the running kernel.
fn kernel() -> Option<(u32, u32)> {
    let text = std::fs::read_to_string("/proc/sys/kernel/osrelease").ok()?;
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Root of the machine, not of a user namespace.
fn is_real_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    let everyone = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
        && everyone.split_whitespace().eq(["0", "0", "4294967295"])
}

/// The child: prints `NAME OUTCOME` for each case.
#[test]
fn child() {
    let Some(root) = std::env::var_os(ROOT) else { return };
    let cases = cases::all(Machine::X86_64);
    std::os::unix::fs::chroot(&root).expect("root of a user namespace may chroot");
    std::env::set_current_dir("/").unwrap();
    for case in &cases {
        println!("ended {} {}", case.name, outcome::of(&case.start, case.user));
    }
}

/// Runs [`child`] as root of the machine or of a user namespace, with /noexec of the tree mounted noexec.
fn child_output(root: &Path) -> Result<String, String> {
    let mount =
        r#"mount --bind "$0/noexec" "$0/noexec" && mount -o remount,bind,noexec "$0/noexec" && exec "$@""#;
    let spaces = if is_real_root() { "-m" } else { "-rm" };
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new("unshare");
    command.args([spaces, "sh", "-c", mount]).arg(root).arg(own).args([
        "--exact",
        "native::child",
        "--nocapture",
    ]);
    let output =
        command.env(ROOT, OsString::from(root)).output().map_err(|error| format!("unshare: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if text.contains("ended starts ") {
        Ok(text)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[test]
fn the_running_kernel_ends_every_case_as_the_table_says() {
    let (true, Some(version)) = (cfg!(all(target_arch = "x86_64", target_os = "linux")), kernel()) else {
        println!("skipped: the cases are x86-64 programs; the flake's check explain runs the arm64 ones");
        return;
    };
    let all = cases::all(Machine::X86_64);
    let folder = Folder::new("explain-native");
    lay(&all, &folder.0);
    let output = match child_output(&folder.0) {
        Ok(output) => output,
        Err(why) => {
            println!("skipped: no root and no user namespace here: {why}");
            return;
        }
    };
    let on = On { machine: Machine::X86_64, page: 4096, version };
    let mut wrong = Vec::new();
    for case in &all {
        if case.real_root && !is_real_root() {
            println!("skipped: {} needs root of the machine", case.name);
            continue;
        }
        let prefix = format!("ended {} ", case.name);
        let seen = output.lines().find_map(|line| line.split_once(&prefix)).map(|(_, seen)| seen);
        let expected = (case.end)(on).text();
        if seen != Some(&expected) {
            wrong.push(format!(
                "{}: the table says {expected}, the kernel {}",
                case.name,
                seen.unwrap_or("nothing")
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} wrong on Linux {version:?}\n{}",
        wrong.len(),
        all.len(),
        wrong.join("\n")
    );
    println!("{} cases end on Linux {}.{} as the table says", all.len(), version.0, version.1);
}
