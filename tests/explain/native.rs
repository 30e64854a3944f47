//! The cases on the kernel under this test: the tree becomes the root of a child, which starts each program.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use super::case::On;
use super::program::Machine;
use super::support::compiler::path;
use super::support::{Folder, limited, skip};
use super::{Profile, Tree, World, cases, lay, outcome, predict, profile};

const ROOT: &str = "SARSEN_CASES_ROOT";

/// The version of the running kernel.
fn kernel() -> Option<(u32, u32)> {
    let text = std::fs::read_to_string("/proc/sys/kernel/osrelease").ok()?;
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Root of the machine, not of a user namespace.
pub fn is_real_root() -> bool {
    let everyone = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    is_root() && everyone.split_whitespace().eq(["0", "0", "4294967295"])
}

/// The child: prints `NAME OUTCOME` for each case.
#[test]
fn child() {
    let Some(root) = std::env::var_os(ROOT) else { return };
    std::os::unix::fs::chroot(&root).expect("root of a user namespace may chroot");
    std::env::set_current_dir("/").unwrap();
    for line in std::fs::read_to_string("/cases.tsv").unwrap().lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, user, path] = fields[..] else { panic!("{line:?} is not a case") };
        println!("ended {name} {}", outcome::of(path, user.parse().unwrap()));
    }
}

/// Runs [`child`] as root of the machine or of a user namespace, with /noexec of the tree mounted noexec.
fn child_output(root: &Path) -> Result<String, String> {
    // setarch gives the address space back the random layout that some builders take away.
    let mount = r#"mount --bind "$0/noexec" "$0/noexec" && mount -o remount,bind,noexec "$0/noexec" &&
        exec setarch "$(uname -m)" "$@""#;
    let spaces = if is_root() { "-m" } else { "-rm" };
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new("unshare");
    command.env("PATH", path()).args([spaces, "sh", "-c", mount]).arg(root).arg(own).args([
        "--exact",
        "native::child",
        "--nocapture",
    ]);
    let output =
        command.env(ROOT, OsString::from(root)).output().map_err(|error| format!("unshare: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if text.contains("ended ") { Ok(text) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// What the running kernel does with each case laid at `root`: by name. Nothing, with a word why, where it cannot tell.
pub fn run(root: &Path) -> Option<(On, HashMap<String, String>)> {
    let (true, Some(version)) = (cfg!(all(target_arch = "x86_64", target_os = "linux")), kernel()) else {
        limited("the cases are x86-64 programs; the flake's check explain runs the arm64 ones");
        return None;
    };
    let output = child_output(root)
        .inspect_err(|why| limited(&format!("no user namespace can be made: {why}")))
        .ok()?;
    let ends = output.lines().filter_map(|line| {
        let (_, ended) = line.split_once("ended ")?;
        ended.split_once(' ').map(|(name, end)| (name.to_owned(), end.to_owned()))
    });
    Some((On { machine: Machine::X86_64, page: 4096, version }, ends.collect()))
}

#[test]
fn the_running_kernel_ends_every_case_as_the_table_says() {
    let all = cases::all(Machine::X86_64);
    let folder = Folder::new("explain-native");
    lay(&all, &folder.0);
    let Some((on, ends)) = run(&folder.0) else { return };
    let version = on.version;
    let mut wrong = Vec::new();
    for case in &all {
        if case.real_root && !is_real_root() {
            limited(&format!("this needs root of the machine: {}", case.name));
            continue;
        }
        let (expected, seen) = ((case.end)(on).text(), ends.get(&case.name));
        if seen != Some(&expected) {
            wrong.push(format!("{}: the table says {expected}, the kernel {seen:?}", case.name));
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

/// The call and the death in the words of strace(1), which shows the address of the environment.
#[test]
fn the_call_is_told_as_strace_tells_it() {
    if kernel().is_none() || Command::new("strace").arg("--version").output().is_err() {
        skip("there is no strace");
        return;
    }
    let folder = Folder::new("explain-strace");
    let cases: Vec<_> = cases::all(Machine::X86_64)
        .into_iter()
        .filter(|case| {
            ["file-larger", "aligned-4k", "interpreter-absent", "text", "entry-zero"].contains(&&*case.name)
        })
        .collect();
    lay(&cases, &folder.0);
    let on = On { machine: Machine::X86_64, page: 4096, version: kernel().unwrap() };
    let profile = Profile::parse(&profile(on), "case").unwrap();
    let world = World::new(Tree::open(Path::new("/")).unwrap());
    for mut case in cases {
        case.start = format!("{}{}", folder.0.display(), case.start);
        let log = folder.0.join("log");
        let _ = Command::new("strace")
            .args(["-s", "4096", "-e", "trace=execve", "-o"])
            .arg(&log)
            .arg(&case.start)
            .output();
        let log = std::fs::read_to_string(&log).unwrap();
        if !log.starts_with("execve(") {
            limited(&format!("strace may not trace here: {log}"));
            return;
        }
        let steps = predict(&world, &case, &profile).steps;
        let line = log.lines().next().unwrap();
        let (call, result) = line.split_once(" = ").unwrap();
        let call = format!("{}, envp)", call.split(", 0x").next().unwrap());
        let told = steps.iter().find(|step| step.call.starts_with("execve(")).unwrap();
        assert_eq!((&told.call, &told.result), (&call, &format!("= {result}")), "{}", case.name);
        let killed =
            |text: &str| text.lines().find(|line| line.starts_with("+++ killed by")).map(String::from);
        let end = steps.iter().find(|step| step.call.starts_with("+++")).map(|step| step.call.clone());
        assert_eq!(end, killed(&log.replace(" (core dumped)", "")), "{}", case.name);
    }
}
