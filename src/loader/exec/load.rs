//! Mapping the segments of a program and of its interpreter: the part of fs/binfmt_elf.c, load_elf_binary behind the
//! point of no return. The caller's program is gone by then, so every error here becomes SIGSEGV
//! (fs/exec.c, bprm_execve).

use super::Kernel;
use super::header::{ET_DYN, Object};
use super::map::{Place, Space};
use crate::elf::{Segment, kind};
use crate::rootfs::Errno;

/// What the kernel stumbles over.
#[derive(Debug)]
pub struct Refusal {
    pub id: &'static str,
    pub errno: Errno,
    pub source: &'static str,
    pub evidence: String,
    pub fix: String,
}

/// The files being loaded: the program and perhaps its interpreter.
pub struct Loader<'k> {
    pub kernel: Kernel<'k>,
    pub space: Space<'k>,
}

/// The highest byte from a file and the highest byte of all, over the segments so far.
#[derive(Default)]
struct Ends {
    file: u64,
    memory: u64,
    execute: bool,
}

impl Ends {
    fn add(&mut self, segment: &Segment, bias: u64) {
        let start = segment.address.wrapping_add(bias);
        self.file = self.file.max(start.wrapping_add(segment.file_size));
        let memory = start.wrapping_add(segment.memory_size);
        if memory > self.memory {
            (self.memory, self.execute) = (memory, segment.is_executable());
        }
    }
}

type Mapped = Result<u64, Errno>;

impl Loader<'_> {
    /// Maps the program; `beside` an interpreter it lies in a range of its own. Returns what was added to its addresses.
    pub fn program(&mut self, object: &Object, beside: bool) -> Result<u64, Refusal> {
        let kernel = self.kernel;
        let movable = object.header.kind == ET_DYN;
        let (mut bias, mut first, mut ends) = (0u64, true, Ends::default());
        for (index, segment) in loads(object) {
            let refuse = |errno| refusal(kernel, "PT_LOAD", index, segment, errno);
            if !kernel.zeroes_by_segment() && ends.memory > ends.file {
                let (file, memory) = (ends.file.wrapping_add(bias), ends.memory.wrapping_add(bias));
                self.set_brk(file, memory, ends.execute).map_err(refuse)?;
                // What cannot be cleared here is left as it is.
                let end = kernel.page_align(file).min(memory);
                let _ = end <= file || self.space.clear(file, end);
            }
            let mut total = 0;
            let mut near = false;
            if first && movable {
                if beside {
                    bias = kernel.page_start(kernel.task_size() / 3 * 2);
                    bias &= alignment(object, kernel).checked_sub(1).map_or(u64::MAX, |mask| !mask);
                }
                near = !beside;
                bias = kernel.page_start(bias.wrapping_sub(segment.address));
                total = self.extent(object)?;
            }
            let address = bias.wrapping_add(segment.address);
            let start = self.segment(address, segment, near, total, 0);
            let start = start.and_then(|start| self.good(start)).map_err(refuse)?;
            if std::mem::take(&mut first) && movable {
                bias = bias.wrapping_add(start.wrapping_sub(kernel.page_start(address)));
            }
            self.fits(index, segment, segment.address, Errno::EINVAL)?;
            ends.add(segment, 0);
        }
        if !kernel.zeroes_by_segment() {
            let (file, memory) = (ends.file.wrapping_add(bias), ends.memory.wrapping_add(bias));
            self.set_brk(file, memory, ends.execute).map_err(|errno| behind("program", errno))?;
            if file != memory && !self.pad(file) {
                return Err(behind("program", Errno::EFAULT));
            }
        }
        Ok(bias)
    }

    /// Maps the interpreter (load_elf_interp): what was added to its addresses.
    pub fn interpreter(&mut self, object: &Object, program_bias: u64) -> Result<u64, Refusal> {
        let kernel = self.kernel;
        if !object.header.is_program() {
            return Err(Refusal {
                id: "interpreter-type",
                errno: Errno::EPERM,
                source: "Linux fs/binfmt_elf.c, load_elf_interp",
                evidence: format!(
                    "e_type of the interpreter is {}, neither ET_EXEC nor ET_DYN",
                    object.header.kind
                ),
                fix: "put a dynamic loader at that path".into(),
            });
        }
        let movable = object.header.kind == ET_DYN;
        let mut total = self.extent(object)?;
        let (mut bias, mut near, mut ends) = (0u64, movable, Ends::default());
        for (index, segment) in loads(object) {
            let refuse = |errno| refusal(kernel, "the interpreter's PT_LOAD", index, segment, errno);
            if near && program_bias != 0 {
                bias = segment.address.wrapping_neg();
            }
            let address = bias.wrapping_add(segment.address);
            let start = self.segment(address, segment, near, std::mem::take(&mut total), 1);
            let start = start.and_then(|start| self.good(start)).map_err(refuse)?;
            if std::mem::take(&mut near) {
                bias = start.wrapping_sub(kernel.page_start(segment.address));
            }
            self.fits(index, segment, bias.wrapping_add(segment.address), Errno::ENOMEM)?;
            ends.add(segment, bias);
        }
        if !kernel.zeroes_by_segment() {
            if !self.pad(ends.file) {
                return Err(behind("interpreter", Errno::EFAULT));
            }
            let zeroed = self.set_brk(ends.file, ends.memory, ends.execute);
            zeroed.map_err(|errno| behind("interpreter", errno))?;
        }
        Ok(bias)
    }

    /// `elf_load`, or `elf_map` of older kernels.
    fn segment(&mut self, address: u64, segment: &Segment, near: bool, total: u64, file: usize) -> Mapped {
        if !self.kernel.zeroes_by_segment() {
            return self.file_part(address, segment, near, total, file);
        }
        let within = self.kernel.page_offset(segment.address);
        let mut start = self.kernel.page_start(address);
        let mut zeros = start;
        if segment.file_size != 0 {
            start = self.file_part(address, segment, near, total, file)?;
            self.good(start)?;
            zeros = start.wrapping_add(within).wrapping_add(segment.file_size);
            if segment.memory_size > segment.file_size && !self.pad(zeros) && segment.is_writable() {
                return Err(Errno::EFAULT);
            }
        }
        if segment.memory_size > segment.file_size {
            let end = start.wrapping_add(within).wrapping_add(segment.memory_size);
            let (from, to) = (self.kernel.page_align(zeros), self.kernel.page_align(end));
            self.space.zeros(from, to.wrapping_sub(from), segment.is_executable())?;
        }
        Ok(start)
    }

    /// `elf_map`: the bytes from the file. The first segment of a movable file takes the room for all of them.
    fn file_part(&mut self, address: u64, segment: &Segment, near: bool, total: u64, file: usize) -> Mapped {
        let within = self.kernel.page_offset(segment.address);
        let offset = segment.offset.wrapping_sub(within);
        let start = self.kernel.page_start(address);
        let size = self.kernel.page_align(segment.file_size.wrapping_add(within));
        if size == 0 {
            return Ok(start);
        }
        let place = if near { Place::Near(start) } else { Place::At(start) };
        if total == 0 {
            return self.space.map(place, size, segment.flags, file, offset);
        }
        let total = self.kernel.page_align(total);
        let start = self.space.map(place, total, segment.flags, file, offset)?;
        if total > size {
            self.space.unmap(start + size, start + total);
        }
        Ok(start)
    }

    /// Zeroed pages behind the page that holds the last byte of the file.
    fn set_brk(&mut self, file: u64, memory: u64, execute: bool) -> Result<(), Errno> {
        let (start, end) = (self.kernel.page_align(file), self.kernel.page_align(memory));
        if end > start { self.space.zeros(start, end - start, execute) } else { Ok(()) }
    }

    /// `padzero`: overwrites the rest of the page at `address`: whether it can.
    fn pad(&mut self, address: u64) -> bool {
        let end = self.kernel.page_align(address);
        end == address || self.space.clear(address, end)
    }

    /// BAD_ADDR.
    fn good(&self, start: u64) -> Mapped {
        if start < self.kernel.task_size() { Ok(start) } else { Err(Errno::ENOMEM) }
    }

    fn fits(&self, index: usize, segment: &Segment, start: u64, errno: Errno) -> Result<(), Refusal> {
        let task = self.kernel.task_size();
        let size = segment.memory_size;
        let (evidence, fix) = if segment.file_size > size {
            (
                format!(
                    "segment {index} brings {:#x} bytes from the file and has {size:#x} in memory",
                    segment.file_size
                ),
                "link it again: p_filesz must not exceed p_memsz",
            )
        } else if start >= task || size > task || task - size < start {
            (
                format!(
                    "segment {index} reaches from {:#x} over {size:#x} bytes, beyond the end of the address space at {task:#x}",
                    segment.address
                ),
                "link it for lower addresses",
            )
        } else {
            return Ok(());
        };
        let id = if segment.file_size > size { "segment-size" } else { "segment-address" };
        Err(Refusal {
            id,
            errno,
            source: "Linux fs/binfmt_elf.c, load_elf_binary",
            evidence,
            fix: fix.into(),
        })
    }

    /// `total_mapping_size`: bytes from the first to the last.
    fn extent(&self, object: &Object) -> Result<u64, Refusal> {
        let start = |segment: &Segment| self.kernel.page_start(segment.address);
        let end = |segment: &Segment| segment.address.wrapping_add(segment.memory_size);
        let segments = || loads(object).map(|(_, segment)| segment);
        let extent = if self.kernel.measures_extent() {
            let first = segments().map(start).min();
            first.and_then(|first| Some(segments().map(end).max()?.wrapping_sub(first)))
        } else {
            segments().next().and_then(|first| Some(end(segments().last()?).wrapping_sub(start(first))))
        };
        extent.filter(|&extent| extent != 0).ok_or_else(|| Refusal {
            id: "no-segments",
            errno: Errno::EINVAL,
            source: "Linux fs/binfmt_elf.c, total_mapping_size",
            evidence: "no PT_LOAD segment takes any memory".into(),
            fix: "link it as a program".into(),
        })
    }
}

fn loads<'o>(object: &'o Object) -> impl Iterator<Item = (usize, &'o Segment)> {
    object.segments.iter().enumerate().filter(|(_, segment)| segment.kind == kind::LOAD)
}

/// `maximum_alignment`: the largest p_align that is a power of two, at least a page if there is any.
fn alignment(object: &Object, kernel: Kernel) -> u64 {
    let aligns = loads(object).map(|(_, segment)| segment.align).filter(|align| align.is_power_of_two());
    kernel.page_align(aligns.max().unwrap_or(0))
}

fn refusal(kernel: Kernel, what: &str, index: usize, segment: &Segment, errno: Errno) -> Refusal {
    let page = kernel.page;
    let (offset, address) = (segment.offset, segment.address);
    let (id, source, evidence, fix) = match errno {
        Errno::EINVAL if kernel.page_offset(offset.wrapping_sub(address)) != 0 => (
            "segment-misaligned",
            "Linux fs/binfmt_elf.c, elf_map; mm/util.c, vm_mmap",
            format!(
                "{what} segment {index} is at {offset:#x} in the file and at {address:#x} in memory: they differ modulo \
                 the page size, {page}, so it cannot be mapped"
            ),
            format!("link with -z max-page-size={}", page.max(65536)),
        ),
        Errno::EINVAL | Errno::EOVERFLOW => (
            "segment-offset",
            "Linux mm/mmap.c, do_mmap",
            format!("{what} segment {index} is at {offset:#x} in the file, where no file reaches"),
            "copy the file again, or link it again".into(),
        ),
        Errno::EFAULT => (
            "segment-padding",
            "Linux fs/binfmt_elf.c, padzero",
            format!(
                "the rest of the last page of {what} segment {index} cannot be zeroed: it is behind the file's end"
            ),
            "copy the file again: it is cut".into(),
        ),
        Errno::EPERM => (
            "segment-low",
            "Linux security/commoncap.c, cap_mmap_addr",
            format!(
                "{what} segment {index} is at {address:#x}, below vm.mmap_min_addr, and the user is not root"
            ),
            "link it for an address from 64 KiB, or as a position-independent program".into(),
        ),
        _ => (
            "segment-address",
            "Linux mm/mmap.c, get_unmapped_area",
            format!(
                "{what} segment {index} takes {:#x} bytes at {address:#x}: there is no room for it below {:#x}",
                segment.memory_size.max(segment.file_size),
                kernel.task_size()
            ),
            "link it for lower addresses".into(),
        ),
    };
    Refusal { id, errno, source, evidence, fix }
}

/// What goes wrong behind the last segment, where old kernels zero memory.
fn behind(what: &str, errno: Errno) -> Refusal {
    let (id, evidence, fix) = if errno == Errno::EFAULT {
        (
            "segment-padding",
            format!(
                "the page with the last byte from the file of the {what} cannot be zeroed behind that byte: its segment \
                 is not writable, or the page is behind the file's end"
            ),
            "link it so that the segment with zeroed memory (.bss) is writable",
        )
    } else {
        (
            "segment-address",
            format!("there is no room in the address space for the zeroed memory (.bss) of the {what}"),
            "link it for lower addresses",
        )
    };
    Refusal { id, errno, source: "Linux fs/binfmt_elf.c, set_brk and padzero", evidence, fix: fix.into() }
}
