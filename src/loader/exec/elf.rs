//! ELF programs: fs/binfmt_elf.c, load_elf_binary, from the first check to the first instruction.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::header::{ET_EXEC, HEADER, Header, Object};
use super::kernel::PATH_MAX;
use super::load::{Loader, Refusal};
use super::map::Space;
use super::open::Role;
use super::{Attempt, Running, Stop, entry, property, returned, shell_runs_it};
use crate::elf::{Bytes, Segment, kind, machine_name};
use crate::loader::{End, Signal};
use crate::rootfs::{Errno, Node};
use crate::visible::shown;

const LOAD: &str = "Linux fs/binfmt_elf.c, load_elf_binary";
const ARCH: &str = "Linux fs/binfmt_elf.c, load_elf_binary (elf_check_arch)";
const PHDRS: &str = "Linux fs/binfmt_elf.c, load_elf_phdrs";
const PROPERTIES: &str = "Linux fs/binfmt_elf.c, parse_elf_properties";

impl<'a> Attempt<'a> {
    /// Executes the file at `path`, opened and no script; `head` holds its first `size` bytes and zeros.
    pub(super) fn elf(
        &mut self,
        path: &Path,
        (place, node): (PathBuf, Node),
        head: &[u8],
        size: usize,
    ) -> Result<Running, Stop> {
        let header = Header::of(head);
        self.format(path, &header, &head[..size])?;
        let tree = self.tree;
        let bytes = tree.read(&node)?;
        let segments = header.segments(&bytes, self.kernel).map_err(|why| {
            self.refuse(format!("read the program headers of {}", shown(path)), Errno::ENOEXEC, &why);
            let fix = "copy the file again, or link it again";
            Stop::errno("elf-program-headers", Errno::ENOEXEC, PHDRS, why + &shell_runs_it(), fix)
        })?;
        self.step(
            format!("read the ELF header of {}", shown(path)),
            "ok",
            format!("{}, {} program headers", machine_name(header.machine), segments.len()),
        );
        let program = Object { bytes, header, segments };
        let interpreter = match program.segments.iter().find(|segment| segment.kind == kind::INTERP) {
            Some(segment) => Some(self.interpreter(&program.bytes, segment)?),
            None => None,
        };
        self.properties(interpreter.as_ref().map_or(&program, |(_, object)| object))?;
        let at = self.map(&program, interpreter.as_ref().map(|(_, object)| object))?;
        self.returns("= 0");
        let files = [Some(&program), interpreter.as_ref().map(|(_, object)| object)];
        self.enter(&at.0, at.1, files)?;
        if interpreter.is_none() {
            self.relocates_itself(path, &program)?;
        }
        let interpreter = interpreter.map(|(path, _)| path);
        Ok(Running { program: path.to_owned(), place, interpreter })
    }

    fn refuse(&mut self, call: String, errno: Errno, why: &str) {
        self.step(call, errno.name(), why);
    }

    /// The checks of the first 256 bytes.
    fn format(&mut self, path: &Path, header: &Header, head: &[u8]) -> Result<(), Stop> {
        let wanted = self.kernel.machine;
        let machine = machine_name(header.machine);
        let (id, source, evidence, fix) = if head.is_empty() {
            (
                "format-empty",
                "Linux fs/exec.c, search_binary_handler",
                "the file is empty; execvp(3) and shells then run it as an empty shell script, which succeeds".into(),
                "copy the file again: was the copy interrupted?".to_owned(),
            )
        } else if !header.is_elf {
            let start: Vec<String> = head.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
            (
                "format-unknown",
                "Linux fs/exec.c, search_binary_handler",
                format!(
                    "it starts with {}: neither #! nor the ELF magic{}",
                    start.join(" "),
                    shell_runs_it()
                ),
                "begin a script with #!/bin/sh, or unpack the program from its archive".into(),
            )
        } else if !header.is_program() {
            let what = if header.kind == 1 { "a relocatable object" } else { "neither ET_EXEC nor ET_DYN" };
            (
                "elf-type",
                LOAD,
                format!("e_type is {}, {what}{}", header.kind, shell_runs_it()),
                "link it as a program".into(),
            )
        } else if machine != wanted {
            let compat = match (wanted, header.machine) {
                ("aarch64", 40) => "with CONFIG_COMPAT on a processor with AArch32",
                ("x86_64", 3) => "with CONFIG_IA32_EMULATION",
                _ => "with a binfmt_misc entry for an emulator",
            };
            self.depends.push(format!("a kernel {compat} would run a program for {machine}"));
            (
                "elf-machine",
                ARCH,
                format!("it is for {machine}, the device is {wanted}{}", shell_runs_it()),
                format!("build it for {wanted}"),
            )
        } else {
            return Ok(());
        };
        self.refuse(format!("read the first bytes of {}", shown(path)), Errno::ENOEXEC, &evidence);
        Err(Stop::errno(id, Errno::ENOEXEC, source, evidence, fix))
    }

    /// Opens and checks what PT_INTERP names.
    fn interpreter(&mut self, file: &[u8], segment: &Segment) -> Result<(PathBuf, Object<'a>), Stop> {
        let path = interpreter_path(file, segment).inspect_err(|stop| {
            if let Stop::Cause(cause) = stop {
                let evidence = cause.evidence.clone();
                self.step("read PT_INTERP", &super::result(&cause.end), evidence);
            }
        })?;
        self.step("read PT_INTERP", "ok", shown(&path));
        let (_, node) = self.open(&path, Role::Elf)?;
        let tree = self.tree;
        let name = shown(&path);
        let call = format!("read the ELF header of {name}");
        let head = tree.head(&node, HEADER as usize)?;
        let header = Header::of(&head);
        let machine = machine_name(header.machine);
        let (id, errno, source, evidence, fix) = if (head.len() as u64) < HEADER {
            let evidence = format!("{name} has {} bytes, less than an ELF header", head.len());
            ("interpreter-short", Errno::EIO, LOAD, evidence, "copy the loader again: it is cut".to_owned())
        } else if !header.is_elf {
            let evidence = format!("{name} is not an ELF file");
            let fix = format!("put the dynamic loader itself at {name}: a script cannot be one");
            ("interpreter-not-elf", Errno::ELIBBAD, LOAD, evidence, fix)
        } else if machine != self.kernel.machine {
            let wanted = self.kernel.machine;
            let evidence = format!("{name} is for {machine}, the device is {wanted}");
            (
                "interpreter-machine",
                Errno::ELIBBAD,
                ARCH,
                evidence,
                format!("put the {wanted} loader at {name}"),
            )
        } else {
            let bytes = tree.read(&node)?;
            match header.segments(&bytes, self.kernel) {
                Ok(segments) => {
                    self.step(call, "ok", format!("{machine}, {} program headers", segments.len()));
                    return Ok((path, Object { bytes, header, segments }));
                }
                Err(why) => {
                    let fix = "copy the loader again".to_owned();
                    ("interpreter-headers", Errno::ELIBBAD, PHDRS, format!("{name}: {why}"), fix)
                }
            }
        };
        self.refuse(call, errno, &evidence);
        Err(Stop::errno(id, errno, source, evidence, fix))
    }

    fn properties(&mut self, object: &Object) -> Result<(), Stop> {
        if !self.kernel.reads_properties() {
            return Ok(());
        }
        property::check(&object.segments, &object.bytes).map_err(|(errno, why)| {
            let evidence = format!("the note that PT_GNU_PROPERTY points at is not usable: {why}");
            self.refuse("read the GNU property note".into(), errno, &evidence);
            let fix = "link it again; or remove the note: objcopy --remove-section .note.gnu.property";
            Stop::errno("property-note", errno, PROPERTIES, evidence, fix)
        })
    }

    /// The address space and the address of the first instruction.
    fn map(&mut self, program: &Object, interpreter: Option<&Object>) -> Result<(Space<'a>, u64), Stop> {
        let kernel = self.kernel;
        let sizes = [program.bytes.len() as u64, interpreter.map_or(0, |object| object.bytes.len() as u64)];
        let lowest = if self.user.is_root() { 0 } else { kernel.lowest_address() };
        let mut loader = Loader { kernel, space: Space::new(kernel, sizes, lowest) };
        let call = "map the segments of the program";
        let bias =
            loader.program(program, interpreter.is_some()).map_err(|refusal| self.killed(call, refusal))?;
        self.step(call, "ok", loads(program));
        if kernel.machine == "aarch64" && program.header.kind == ET_EXEC && loader.space.end() > 1 << 39 {
            self.depends.push(format!(
                "a segment ends at {:#x}: kernels with 39-bit addresses (CONFIG_ARM64_VA_BITS_39) have no room there, and \
                 the process is killed by SIGSEGV",
                loader.space.end()
            ));
        }
        let mut entry = bias.wrapping_add(program.header.entry);
        if let Some(object) = interpreter {
            let call = "map the segments of its interpreter";
            let base = loader.interpreter(object, bias).map_err(|refusal| self.killed(call, refusal))?;
            self.step(call, "ok", loads(object));
            entry = base.wrapping_add(object.header.entry);
        }
        if let Some(address) = loader.space.lowest().filter(|&address| address < 65536) {
            self.depends.push(format!(
                "a segment is at {address:#x}, below vm.mmap_min_addr (usually 32 or 64 KiB): without CAP_SYS_RAWIO it \
                 cannot be mapped, and the process is killed by SIGSEGV"
            ));
        }
        if loader.space.zeroed() > 1 << 30 {
            self.depends.push(format!(
                "{} MiB of zeroed memory (.bss) need as much RAM and swap (mm/util.c, __vm_enough_memory)",
                loader.space.zeroed() >> 20
            ));
        }
        Ok((loader.space, entry))
    }

    fn killed(&mut self, call: &str, refusal: Refusal) -> Stop {
        let Refusal { id, errno, source, evidence, fix } = refusal;
        let evidence = format!("{evidence}; {errno} behind the point of no return, so the process is killed");
        self.step(call, errno.name(), evidence.clone());
        self.returns(&returned(errno));
        self.dies(Signal::SIGSEGV);
        Stop::cause(id, End::Signal(Signal::SIGSEGV), source, evidence, fix)
    }

    fn enter(&mut self, space: &Space, entry: u64, files: [Option<&Object>; 2]) -> Result<(), Stop> {
        let death = entry::judge(space, entry, files, self.kernel.machine);
        let Some(death) = death else { return Ok(()) };
        self.step(
            format!("execute the first instruction, at {entry:#x}"),
            death.signal.name(),
            death.evidence.clone(),
        );
        self.dies(death.signal);
        let fix = "link it again: e_entry must lead to code in an executable segment";
        Err(Stop::cause(death.id, End::Signal(death.signal), entry::SOURCE, death.evidence, fix))
    }
}

fn loads(object: &Object) -> String {
    let count = object.segments.iter().filter(|segment| segment.kind == kind::LOAD).count();
    format!("{count} PT_LOAD {}", if count == 1 { "segment" } else { "segments" })
}

/// The path of PT_INTERP.
fn interpreter_path(file: &[u8], segment: &Segment) -> Result<PathBuf, Stop> {
    let size = segment.file_size;
    let fix = "link it again with --dynamic-linker=PATH, or statically (-static-pie)";
    let bad = |id, errno, evidence: String| Err(Stop::errno(id, errno, LOAD, evidence, fix));
    if !(2..=PATH_MAX).contains(&size) {
        let evidence = format!("PT_INTERP has {size} bytes: a path has 2 to {PATH_MAX}, its NUL included");
        return bad("interpreter-path", Errno::ENOEXEC, evidence);
    }
    // A negative offset is refused before anything is read (fs/read_write.c, rw_verify_area).
    if segment.offset.checked_add(size).is_none_or(|end| end > i64::MAX as u64) {
        let evidence = format!("PT_INTERP is at {:#x} in the file, where no file reaches", segment.offset);
        return bad("interpreter-path-unread", Errno::EINVAL, evidence);
    }
    let Some(raw) = Bytes::new(file).slice(segment.offset, size) else {
        let evidence = format!("PT_INTERP is at {:#x}, the file ends before", segment.offset);
        return bad("interpreter-path-unread", Errno::EIO, evidence);
    };
    if raw.last() != Some(&0) {
        return bad("interpreter-path", Errno::ENOEXEC, "PT_INTERP does not end with a NUL".into());
    }
    let path = raw.split(|&byte| byte == 0).next().unwrap_or_default();
    Ok(PathBuf::from(OsStr::from_bytes(path)))
}
