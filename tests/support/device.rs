//! Trees with programs that this machine's compilers make, started by the real loaders inside them.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use sarsen::elf::Image;

use super::compiler::{compiler, find, path};
use super::{Folder, limited, skip};

/// Which C library programs are built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Libc {
    Glibc,
    Musl,
}

impl Libc {
    /// The compiler for it.
    fn compiler(self) -> &'static str {
        if self == Self::Musl { "musl-gcc" } else { "gcc" }
    }
}

/// A tree with a loader and its C library, the root of what is started in it.
pub struct Device {
    folder: Folder,
    libc: Libc,
}

/// Starts `argv[1]` with the variables behind it. The tools before it have loaders too, which must not see them. It
/// needs no C library, of which a machine may have none to link statically.
const START: &str = r#"__asm__(
    ".globl _start\n_start: mov 16(%rsp), %rdi\n lea 24(%rsp), %rdx\n push $0\n push %rdi\n mov %rsp, %rsi\n"
    "mov $59, %eax\n syscall\n mov $99, %edi\n mov $60, %eax\n syscall"); // execve(2), or exit(99)
"#;

static STARTER: OnceLock<Vec<u8>> = OnceLock::new();

/// Makes the tree `$0` the root of the rest of the arguments. Loaders ask /proc for the path of the program.
const ENTER: &str = r#"mount --rbind /proc "$0/proc" && exec chroot "$0" "$@""#;

/// What unshare(1) makes: mounts of our own, and where that takes root, a user namespace in which we are. One more would
/// be refused in a changed root (user_namespaces(7)).
fn spaces() -> &'static str {
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    if is_root { "-m" } else { "-rm" }
}

/// Where musl's loader is in each tree, whatever machine it is from: it finds its files by its own path.
const MUSL: &str = "/lib/ld-musl-x86_64.so.1";

/// The loader of this machine that the compiler for `libc` names in programs, such as `/lib64/ld-linux-x86-64.so.2`.
pub fn loader(libc: Libc) -> PathBuf {
    static LOADERS: [OnceLock<PathBuf>; 2] = [OnceLock::new(), OnceLock::new()];
    let named = || {
        let folder = Folder::new(&format!("loader-{libc:?}"));
        let (source, program) =
            (folder.file("source.c", b"int main(void) { return 0; }"), folder.0.join("program"));
        run(compiler(libc.compiler()).arg("-o").arg(&program).arg(source));
        let bytes = fs::read(program).unwrap();
        let image = Image::parse(&bytes, "program").unwrap();
        PathBuf::from(image.interpreter().expect("a dynamic program names its loader"))
    };
    LOADERS[libc as usize].get_or_init(named).clone()
}

/// What happened to a program.
#[derive(Debug)]
pub struct Real {
    pub status: Option<i32>,
    pub stderr: String,
    /// The paths that the loader opened or tried to, in order.
    pub opened: Vec<String>,
}

/// Whether programs for `libc` can be compiled and started in trees; says what is missing where they cannot.
pub fn can_start(libc: Libc) -> bool {
    if cfg!(not(target_arch = "x86_64")) {
        limited(&format!("the devices are x86-64 machines: no program of {libc:?} was started"));
        return false;
    }
    let mut tools = vec!["unshare", "mount", "chroot", "strace", "gcc"];
    tools.push(if libc == Libc::Musl { "musl-gcc" } else { "ldconfig" });
    tools.retain(|tool| find(tool).is_none());
    for tool in &tools {
        skip(&format!("there is no {tool}: no program of {libc:?} was started"));
    }
    if !tools.is_empty() {
        return false;
    }
    let mut enter = Command::new(find("unshare").unwrap());
    let enter = enter.args([spaces(), "sh", "-c", ENTER, "/", "true"]).env("PATH", path()).output().unwrap();
    if !enter.status.success() {
        let why = String::from_utf8_lossy(&enter.stderr).into_owned();
        limited(&format!("no user namespace can be made: no program of {libc:?} was started: {why}"));
    }
    enter.status.success()
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
                let loader = loader(libc);
                device.copy(&loader, loader.to_str().unwrap());
                let library = format!("{}/libc.so.6", device.libraries());
                device.copy(library.as_ref(), &library);
            }
            Libc::Musl => device.copy(&loader(libc), MUSL),
        }
        fs::create_dir_all(device.path("/proc")).unwrap();
        let start = STARTER.get_or_init(|| {
            device.compile_with("gcc", "/start", START, &["-static", "-no-pie", "-nostdlib"]);
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

    /// The directory of the loader's libraries, on this machine and in the tree: one that the loader searches by itself,
    /// as it spells it (ld.so(8), `--help`).
    pub fn libraries(&self) -> String {
        let loader = loader(self.libc);
        let help = Command::new(&loader).arg("--help").output().unwrap();
        let help = String::from_utf8(help.stdout).unwrap();
        let mut searched = help.lines().filter_map(|line| line.trim().strip_suffix(" (system search path)"));
        let found = searched.find(|directory| Path::new(directory).join("libc.so.6").exists());
        found.unwrap_or_else(|| panic!("{} has no libc.so.6: {help}", loader.display())).to_owned()
    }

    fn copy(&self, from: &Path, to: &str) {
        let to = self.path(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
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
        let named = (self.libc == Libc::Musl).then(|| format!("-Wl,--dynamic-linker={MUSL}"));
        self.compile_with(self.libc.compiler(), path, source, &[flags, named.as_deref().as_slice()].concat());
    }

    pub fn compile_with(&self, name: &str, path: &str, source: &str, flags: &[&str]) {
        let to = self.path(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        let code = self.path("source.c");
        fs::write(&code, source).unwrap();
        let flags = flags.iter().map(|flag| flag.replace("@/", &format!("{}/", self.root().display())));
        let always = ["-w", "-O1", "-Wl,--no-as-needed", "-Wl,--allow-shlib-undefined"];
        run(compiler(name).args(always).arg("-o").arg(&to).arg(&code).args(flags));
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

    /// Writes the cache of libraries to where the tree's loader looks for it.
    pub fn ldconfig(&self, folders: &str) {
        self.write("/etc/ld.so.conf", folders.as_bytes());
        let loader = fs::read(loader(self.libc)).unwrap();
        let name = b"/ld.so.cache\0";
        let at =
            loader.windows(name.len()).position(|part| part == name).expect("glibc's loader has a cache");
        let start = loader[..at].iter().rposition(|&byte| byte == 0).unwrap() + 1;
        let cache = std::str::from_utf8(&loader[start..at + name.len() - 1]).unwrap();
        fs::create_dir_all(self.path(cache).parent().unwrap()).unwrap();
        let mut ldconfig = Command::new(find("ldconfig").unwrap());
        run(ldconfig.arg("-X").arg("-r").arg(self.root()).args(["-f", "/etc/ld.so.conf", "-C", cache]));
    }

    /// Starts a program, as root of a user namespace of its own, with only these variables.
    pub fn start(&self, program: &str, variables: &[(&str, &str)]) -> Real {
        let trace = self.path("trace");
        let mut command = Command::new(find("strace").unwrap());
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
        let output = command.env_clear().env("PATH", path()).output().unwrap();
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
