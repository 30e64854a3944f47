//! The kernel that executes: what of it decides how an execve ends.

use crate::profile::Profile;

/// Bytes of a path, its NUL included (include/uapi/linux/limits.h, PATH_MAX).
pub const PATH_MAX: u64 = 4096;

/// The user who executes. Root is taken to have all capabilities, as the first process of a device has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// The file system user id.
    pub uid: u32,
    /// The file system group id; there are no further groups.
    pub gid: u32,
}

impl User {
    /// Permission bits do not bind it (but not even root executes a file without any x bit).
    pub fn is_root(self) -> bool {
        self.uid == 0
    }
}

/// One kernel of a device, with pages of one size.
#[derive(Clone, Copy, Debug)]
pub struct Kernel<'p> {
    /// The machine, as profiles spell it.
    pub machine: &'p str,
    /// The version.
    pub version: (u32, u32, u32),
    /// Bytes of a page.
    pub page: u64,
    /// Folders on file systems that are mounted noexec.
    pub noexec: &'p [String],
}

impl<'p> Kernel<'p> {
    /// The kernel that `profile` describes, with pages of `page` bytes.
    pub fn of(profile: &'p Profile, page: u64) -> Self {
        Self {
            machine: &profile.elf.machine,
            version: profile.kernel.numbers().unwrap_or_default(),
            page,
            noexec: &profile.rootfs.noexec,
        }
    }

    /// The first bytes of a file that decide its format, in number (include/uapi/linux/binfmts.h, BINPRM_BUF_SIZE).
    pub fn head(self) -> usize {
        if self.cuts_script_lines() { 128 } else { 256 }
    }

    /// A `#!` line that is longer than the head is cut and used; since 5.1 it is refused where the path is cut.
    pub fn cuts_script_lines(self) -> bool {
        self.version < (5, 1, 0)
    }

    /// Zeroed memory is mapped segment by segment (`elf_load`), not as one range behind the highest file byte
    /// (`set_brk`). Since 6.7; stable branches took it later.
    pub fn zeroes_by_segment(self) -> bool {
        self.version >= (6, 7, 0)
    }

    /// Bytes of program headers that are read at most: 64 KiB, and a page in kernels up to 6.12 (in 6.18 no more).
    pub fn headers(self) -> u64 {
        if self.version < (6, 13, 0) { self.page.min(65536) } else { 65536 }
    }

    /// The extent of a file is from its lowest to its highest address, not from its first to its
    /// last segment (`total_mapping_size`). Since 5.18.
    pub fn measures_extent(self) -> bool {
        self.version >= (5, 18, 0)
    }

    /// The end of the address space of a process, in bytes: with 48-bit addresses on arm64, 47-bit ones elsewhere
    /// (TASK_SIZE of arch/*/include/asm). Kernels can be configured for less or more.
    pub fn task_size(self) -> u64 {
        match self.machine {
            "aarch64" => 1 << 48,
            "x86_64" => (1 << 47) - 4096,
            _ => 1 << 47,
        }
    }

    /// What vm.mmap_min_addr usually is (CONFIG_DEFAULT_MMAP_MIN_ADDR): the lowest address for a user other than root.
    pub fn lowest_address(self) -> u64 {
        if self.machine == "aarch64" { 32768 } else { 65536 }
    }

    /// It reads the GNU property note at exec (CONFIG_ARCH_USE_GNU_PROPERTY).
    pub fn reads_properties(self) -> bool {
        self.machine == "aarch64" && self.version >= (5, 8, 0)
    }

    /// Rounded down to a page.
    pub fn page_start(self, address: u64) -> u64 {
        address & !(self.page - 1)
    }

    /// The part below a page.
    pub fn page_offset(self, address: u64) -> u64 {
        address & (self.page - 1)
    }

    /// Rounded up to a page; 0 beyond the last, as the kernel's macro does.
    pub fn page_align(self, address: u64) -> u64 {
        self.page_start(address.wrapping_add(self.page - 1))
    }
}
