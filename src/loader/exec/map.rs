//! The address space of the new program: which pages are mapped from where, and what mapping more answers (mm/mmap.c).

use super::Kernel;
use crate::rootfs::Errno;

/// Where a page's content comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// The file at this offset, for the area's first byte. 0 is the program, 1 its interpreter.
    File { file: usize, offset: u64 },
    /// Zeros.
    Zero,
}

/// Pages that are mapped alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    pub start: u64,
    pub end: u64,
    /// As `p_flags`: 1 execute, 2 write, 4 read.
    pub flags: u32,
    pub content: Content,
}

/// Where a mapping is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At this address; what is there is replaced (MAP_FIXED).
    At(u64),
    /// Near this address if there is room, or anywhere.
    Near(u64),
}

/// An address space. Addresses and sizes are in bytes.
#[derive(Debug)]
pub struct Space<'k> {
    kernel: Kernel<'k>,
    areas: Vec<Area>,
    /// Ranges of areas from files that the kernel has overwritten with zeros.
    cleared: Vec<(u64, u64)>,
    sizes: [u64; 2],
    lowest: u64,
}

impl<'k> Space<'k> {
    /// An empty one for two files of `sizes` bytes, in which nothing may be below `lowest`.
    pub fn new(kernel: Kernel<'k>, sizes: [u64; 2], lowest: u64) -> Self {
        Self { kernel, areas: Vec::new(), cleared: Vec::new(), sizes, lowest }
    }

    /// The lowest mapped address.
    pub fn lowest(&self) -> Option<u64> {
        self.areas.iter().map(|area| area.start).min()
    }

    /// The end of the highest mapped page.
    pub fn end(&self) -> u64 {
        self.areas.iter().map(|area| area.end).max().unwrap_or(0)
    }

    /// Bytes mapped as zeros.
    pub fn zeroed(&self) -> u64 {
        let zeros = self.areas.iter().filter(|area| area.content == Content::Zero);
        zeros.map(|area| area.end - area.start).sum()
    }

    /// What is mapped at `address`.
    pub fn at(&self, address: u64) -> Option<&Area> {
        self.areas.iter().find(|area| (area.start..area.end).contains(&address))
    }

    /// The offset in its file of what is mapped at `address`, if it is mapped from one.
    pub fn offset(&self, address: u64) -> Option<(usize, u64)> {
        let area = self.at(address)?;
        match area.content {
            Content::File { file, offset } => Some((file, offset.wrapping_add(address - area.start))),
            Content::Zero => None,
        }
    }

    /// The page at `address` is mapped from behind the end of its file: touching it is SIGBUS (mm/filemap.c,
    /// filemap_fault).
    pub fn is_beyond_file(&self, address: u64) -> bool {
        self.offset(address).is_some_and(|(file, offset)| {
            self.kernel.page_start(offset) >= self.kernel.page_align(self.sizes[file])
        })
    }

    /// Overwrites what is from `start` to `end` in one page, on behalf of the program (clear_user): whether it can.
    pub fn clear(&mut self, start: u64, end: u64) -> bool {
        let writable = self.at(start).is_some_and(|area| area.flags & 2 != 0) && !self.is_beyond_file(start);
        if writable {
            self.cleared.push((start, end));
        }
        writable
    }

    /// Zeros are at `address`, not what a file holds.
    pub fn is_zero(&self, address: u64) -> bool {
        self.at(address).is_some_and(|area| area.content == Content::Zero)
            || self.cleared.iter().any(|(start, end)| (*start..*end).contains(&address))
    }

    /// Maps `size` bytes of `file` from `offset` (vm_mmap): the address.
    pub fn map(
        &mut self,
        place: Place,
        size: u64,
        flags: u32,
        file: usize,
        offset: u64,
    ) -> Result<u64, Errno> {
        let aligned = self.kernel.page_align(size);
        if offset.checked_add(aligned).is_none() || self.kernel.page_offset(offset) != 0 {
            return Err(Errno::EINVAL);
        }
        if aligned == 0 {
            return Err(if size == 0 { Errno::EINVAL } else { Errno::ENOMEM });
        }
        let start = self.find(place, aligned)?;
        // file_mmap_ok: file systems end at the largest offset.
        if (i64::MAX as u64).checked_sub(aligned).is_none_or(|last| offset > last) {
            return Err(Errno::EOVERFLOW);
        }
        self.put(Area { start, end: start + aligned, flags, content: Content::File { file, offset } });
        Ok(start)
    }

    /// Maps `size` zeroed bytes at `start`, writable (vm_brk_flags).
    pub fn zeros(&mut self, start: u64, size: u64, execute: bool) -> Result<(), Errno> {
        let aligned = self.kernel.page_align(size);
        if aligned < size {
            return Err(Errno::ENOMEM);
        }
        if aligned == 0 {
            return Ok(());
        }
        let start = self.find(Place::At(start), aligned)?;
        let flags = 6 | u32::from(execute);
        self.put(Area { start, end: start + aligned, flags, content: Content::Zero });
        Ok(())
    }

    /// get_unmapped_area.
    fn find(&self, place: Place, size: u64) -> Result<u64, Errno> {
        let task = self.kernel.task_size();
        if size > task {
            return Err(Errno::ENOMEM);
        }
        match place {
            Place::At(address) if address > task - size => Err(Errno::ENOMEM),
            Place::At(address) if self.kernel.page_offset(address) != 0 => Err(Errno::EINVAL),
            // security_mmap_addr.
            Place::At(address) if address < self.lowest => Err(Errno::EPERM),
            Place::At(address) => Ok(address),
            Place::Near(hint) => {
                let free = |start: u64| {
                    let end = start.checked_add(size).filter(|&end| end <= task)?;
                    self.areas.iter().all(|area| end <= area.start || area.end <= start).then_some(start)
                };
                let hint = Some(hint).filter(|&hint| hint != 0).and_then(free);
                // Top down, below where the stack is; randomised, so that no address is a promise.
                let top = self.kernel.page_start(task - task / 16);
                let below = self.areas.iter().map(|area| area.start).filter(|&start| start > task / 2);
                let lowest = below.min().map_or(top, |start| start.min(top));
                let found = hint.or_else(|| lowest.checked_sub(size).and_then(free));
                found.ok_or(Errno::ENOMEM)
            }
        }
    }

    /// Unmaps what is in the way of `area`, and adds it.
    fn put(&mut self, area: Area) {
        self.unmap(area.start, area.end);
        self.areas.push(area);
    }

    /// Unmaps everything from `start` to `end`.
    pub fn unmap(&mut self, start: u64, end: u64) {
        // A cleared range lies in one page.
        self.cleared.retain(|(from, _)| *from < start || end <= *from);
        let mut kept = Vec::with_capacity(self.areas.len() + 2);
        for old in self.areas.drain(..) {
            if old.end <= start || end <= old.start {
                kept.push(old);
                continue;
            }
            if old.start < start {
                kept.push(Area { end: start, ..old });
            }
            if old.end > end {
                let content = match old.content {
                    Content::File { file, offset } => {
                        Content::File { file, offset: offset.wrapping_add(end - old.start) }
                    }
                    Content::Zero => Content::Zero,
                };
                kept.push(Area { start: end, content, ..old });
            }
        }
        self.areas = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::{Content, Kernel, Place, Space};
    use crate::rootfs::Errno;

    fn space() -> Space<'static> {
        let kernel = Kernel { machine: "aarch64", version: (5, 10, 0), page: 4096, noexec: &[] };
        Space::new(kernel, [0x5000, 0], 0)
    }

    #[test]
    fn a_later_mapping_replaces_what_it_covers() {
        let mut space = space();
        space.map(Place::At(0x10000), 0x3000, 5, 0, 0x1000).unwrap();
        space.zeros(0x11000, 0x1000, false).unwrap();
        assert_eq!(space.offset(0x10010), Some((0, 0x1010)));
        assert_eq!(space.at(0x11000).map(|area| area.content), Some(Content::Zero));
        assert_eq!(space.offset(0x12010), Some((0, 0x3010)), "the rest keeps its place in the file");
        assert_eq!(space.at(0x13000), None);
    }

    #[test]
    fn mappings_that_cannot_be_are_refused_as_the_kernel_does() {
        let mut space = space();
        assert_eq!(space.map(Place::At(0x1000), 1, 5, 0, 0x10), Err(Errno::EINVAL));
        assert_eq!(space.map(Place::At(1 << 48), 1, 5, 0, 0), Err(Errno::ENOMEM));
        assert_eq!(space.map(Place::At(0), u64::MAX, 5, 0, 0), Err(Errno::ENOMEM));
        assert_eq!(space.map(Place::At(0), 1 << 50, 5, 0, 0), Err(Errno::ENOMEM));
        assert_eq!(space.map(Place::At(0), 1, 5, 0, 1 << 63), Err(Errno::EOVERFLOW));
        assert_eq!(space.map(Place::At(0), 1, 5, 0, u64::MAX << 12), Err(Errno::EINVAL));
    }

    #[test]
    fn pages_behind_the_end_of_the_file_are_known() {
        let mut space = space();
        space.map(Place::At(0x10000), 0x8000, 6, 0, 0).unwrap();
        assert!(!space.is_beyond_file(0x14fff) && space.clear(0x14ff0, 0x15000));
        assert!(space.is_beyond_file(0x15000) && !space.clear(0x15010, 0x16000));
        assert!(space.is_zero(0x14ff8) && !space.is_zero(0x14fe8));
        space.map(Place::At(0x14000), 0x1000, 5, 0, 0).unwrap();
        assert!(!space.is_zero(0x14ff8), "what is mapped anew is not cleared");
    }

    #[test]
    fn mappings_without_a_place_do_not_overlap() {
        let mut space = space();
        let first = space.map(Place::Near(0), 0x3000, 5, 0, 0).unwrap();
        let second = space.map(Place::Near(0), 0x3000, 5, 1, 0).unwrap();
        assert!(second + 0x3000 <= first);
        assert_eq!(space.map(Place::Near(0x40_0000), 0x1000, 5, 1, 0), Ok(0x40_0000));
    }
}
