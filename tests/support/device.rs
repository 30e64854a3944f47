//! Trees with programs that this machine's compilers make, started by the real loaders inside them.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use super::Folder;

/// Which C library programs are built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Libc {
    Glibc,
    Musl,
}

/// A tree with a loader and its C library, the root of what is started in it.
pub struct Device {
    folder: Folder,
    libc: Libc,
}

/// Starts `argv[1]` with the variables behind it. The tools before it have loaders too, which must not see them.
const START: &str = "
#include <unistd.h>
int main(int argc, char **argv) {
    char *arguments[] = { argv[1], 0 };
    return execve(argv[1], arguments, argv + 2), 99;
}";

static STARTER: OnceLock<Vec<u8>> = OnceLock::new();

/// Makes the tree `$0` the root of the rest of the arguments. Loaders ask /proc for the path of the program.
const ENTER: &str = r#"mount --rbind /proc "$0/proc" && exec chroot "$0" "$@""#;

/// What unshare(1) makes: mounts of our own, and where that takes root, a user namespace in which we are. One more would
/// be refused in a changed root (user_namespaces(7)).
fn spaces() -> &'static str {
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    if is_root { "-m" } else { "-rm" }
}

/// What happened to a program.
#[derive(Debug)]
pub struct Real {
    pub status: Option<i32>,
    pub stderr: String,
    /// The paths that the loader opened or tried to, in order.
    pub opened: Vec<String>,
}

/// The tools that are missing on this machine, of those that a device needs.
pub fn missing(libc: Libc) -> Vec<&'static str> {
    let mut tools = vec!["unshare", "chroot", "strace", "gcc"];
    if libc == Libc::Musl {
        tools.push("musl-gcc");
    } else {
        tools.push("ldconfig");
    }
    let there = |tool: &&str| {
        let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin";
        path.split(':').any(|folder| Path::new(folder).join(tool).exists())
    };
    let mut missing: Vec<_> = tools.into_iter().filter(|tool| !there(tool)).collect();
    if !super::has_plain_compilers() {
        missing.push("compilers without flags of their own");
    }
    if cfg!(not(target_arch = "x86_64")) {
        missing.push("an x86-64 processor");
    }
    let enter = Command::new("unshare").args([spaces(), "sh", "-c", ENTER, "/", "true"]).output();
    if missing.is_empty() && !enter.is_ok_and(|output| output.status.success()) {
        missing.push("user namespaces");
    }
    missing
}

fn run(command: &mut Command) -> Output {
    let output = command.env("LC_ALL", "C").output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

impl Device {
    pub fn new(name: &str, libc: Libc) -> Self {
        let device = Self { folder: Folder::new(name), libc };
        match libc {
            Libc::Glibc => {
                device.copy("/lib64/ld-linux-x86-64.so.2", "lib64/ld-linux-x86-64.so.2");
                device.copy("/lib/x86_64-linux-gnu/libc.so.6", "lib/x86_64-linux-gnu/libc.so.6");
            }
            Libc::Musl => device.copy("/lib/ld-musl-x86_64.so.1", "lib/ld-musl-x86_64.so.1"),
        }
        fs::create_dir_all(device.path("/proc")).unwrap();
        let start = STARTER.get_or_init(|| {
            device.compile_with("gcc", "/start", START, &["-static"]);
            fs::read(device.path("/start")).unwrap()
        });
        device.write("/start", start);
        fs::set_permissions(device.path("/start"), fs::Permissions::from_mode(0o755)).unwrap();
        device
    }

    pub fn root(&self) -> &Path {
        &self.folder.0
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root().join(path.trim_start_matches('/'))
    }

    fn copy(&self, from: &str, to: &str) {
        let to = self.path(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap_or_else(|error| panic!("{from}: {error}"));
    }

    /// Writes a file.
    pub fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub fn link(&self, target: &str, path: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, path).unwrap();
    }

    pub fn remove(&self, path: &str) {
        fs::remove_file(self.path(path)).unwrap();
    }

    /// Changes one byte of a file.
    pub fn patch(&self, path: &str, offset: usize, byte: u8) {
        let path = self.path(path);
        let mut bytes = fs::read(&path).unwrap();
        bytes[offset] = byte;
        fs::write(path, bytes).unwrap();
    }

    /// Gives a program with an RPATH a RUNPATH too, which linkers do not: the RPATH's text from `skip` bytes on, in the
    /// place of DT_DEBUG.
    pub fn add_runpath(&self, path: &str, skip: u64) {
        let path = self.path(path);
        let mut bytes = fs::read(&path).unwrap();
        let entry = |bytes: &[u8], tag: u64| {
            let starts = |e: &[u8]| e[..8] == tag.to_le_bytes() && e[12..16] == [0; 4];
            // The entry is in the dynamic table; the first words of the file are no such table.
            bytes.chunks_exact(16).rposition(starts).unwrap() * 16
        };
        let rpath = entry(&bytes, 15) + 8;
        let text = u64::from_le_bytes(bytes[rpath..rpath + 8].try_into().unwrap());
        let debug = entry(&bytes, 21);
        bytes[debug..debug + 8].copy_from_slice(&29u64.to_le_bytes());
        bytes[debug + 8..debug + 16].copy_from_slice(&(text + skip).to_le_bytes());
        fs::write(path, bytes).unwrap();
    }

    /// Compiles C `source` to `path`; paths in `flags` that begin with `@/` are those of the tree.
    pub fn compile(&self, path: &str, source: &str, flags: &[&str]) {
        let compiler = if self.libc == Libc::Musl { "musl-gcc" } else { "gcc" };
        self.compile_with(compiler, path, source, flags);
    }

    pub fn compile_with(&self, compiler: &str, path: &str, source: &str, flags: &[&str]) {
        let to = self.path(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        let code = self.path("source.c");
        fs::write(&code, source).unwrap();
        let flags = flags.iter().map(|flag| flag.replace("@/", &format!("{}/", self.root().display())));
        let always = ["-w", "-O1", "-Wl,--no-as-needed", "-Wl,--allow-shlib-undefined"];
        run(Command::new(compiler).args(always).arg("-o").arg(&to).arg(&code).args(flags));
        fs::remove_file(code).unwrap();
    }

    /// A library whose functions each return 0.
    pub fn library(&self, path: &str, functions: &[&str], flags: &[&str]) {
        let functions: Vec<String> =
            functions.iter().map(|name| format!("int {name}(void) {{ return 0; }}\n")).collect();
        let source = functions.concat();
        self.compile(path, &source, &[&["-shared", "-fPIC"], flags].concat());
    }

    /// A program that returns the sum of its functions.
    pub fn program(&self, path: &str, functions: &[&str], flags: &[&str]) {
        let declared: Vec<String> = functions.iter().map(|name| format!("int {name}(void);\n")).collect();
        let declared = declared.concat();
        let called: Vec<String> = functions.iter().map(|name| format!("{name}()")).collect();
        let source = format!(
            "{declared}int main(void) {{ return {}; }}\n",
            [called, vec!["0".into()]].concat().join(" + ")
        );
        self.compile(path, &source, flags);
    }

    /// Writes the cache of libraries.
    pub fn ldconfig(&self, folders: &str) {
        self.write("/etc/ld.so.conf", folders.as_bytes());
        let ldconfig = if Path::new("/sbin/ldconfig").exists() { "/sbin/ldconfig" } else { "ldconfig" };
        run(Command::new(ldconfig).arg("-X").arg("-r").arg(self.root()));
    }

    /// Starts a program, as root of a user namespace of its own, with only these variables.
    pub fn start(&self, program: &str, variables: &[(&str, &str)]) -> Real {
        let trace = self.path("trace");
        let mut command = Command::new("strace");
        command.args([
            "-f",
            "-qq",
            "-s",
            "4096",
            "-e",
            "trace=open,openat,execve",
            "-e",
            "signal=none",
            "-o",
        ]);
        command.arg(&trace).args(["unshare", spaces(), "sh", "-c", ENTER]).arg(self.root());
        command.arg("/start").arg(program);
        for (name, value) in variables {
            command.arg(format!("{name}={value}"));
        }
        let output = command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").output().unwrap();
        let text = fs::read_to_string(&trace).unwrap();
        fs::remove_file(trace).unwrap();
        Real {
            status: output.status.code(),
            stderr: String::from_utf8_lossy(&output.stderr).trim_end().to_owned(),
            opened: opened(&text, program),
        }
    }
}

/// The paths of open calls behind the program's own execve.
fn opened(trace: &str, program: &str) -> Vec<String> {
    let start = format!("execve(\"{program}\"");
    let calls = trace.lines().skip_while(|line| !line.contains(&start)).skip(1);
    let calls = calls.filter(|line| line.contains("open(") || line.contains("openat("));
    calls.filter_map(|line| line.split('"').nth(1)).map(str::to_owned).collect()
}
