//! Notes (gABI, "Note Section").

use super::{Image, Segment, kind};

/// One note.
#[derive(Clone, Copy, Debug)]
pub struct Note<'a> {
    /// The owner without its NUL, such as `GNU`.
    pub owner: &'a [u8],
    /// `n_type`; its meaning is the owner's.
    pub kind: u32,
    /// The content.
    pub content: &'a [u8],
}

/// Branch protections, as bits of GNU_PROPERTY_AARCH64_FEATURE_1_AND ("ELF for the Arm 64-bit Architecture").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Protections {
    /// Branch target identification.
    pub bti: bool,
    /// Pointer authentication of return addresses.
    pub pac: bool,
}

const NT_GNU_ABI_TAG: u32 = 1;
const NT_GNU_BUILD_ID: u32 = 3;
const NT_GNU_PROPERTY_TYPE_0: u32 = 5;
const FEATURE_1_AND: u32 = 0xc000_0000;

impl<'a> Image<'a> {
    /// Every note of the PT_NOTE segments, up to the first that does not fit its segment.
    pub fn notes(&self) -> impl Iterator<Item = Note<'a>> {
        let bytes = self.bytes;
        self.segments_of(kind::NOTE).flat_map(move |segment: &Segment| {
            // Notes of segments that are aligned to 8 are padded to 8 (property notes), all others to 4.
            let step = if segment.align == 8 { 8 } else { 4 };
            let mut rest = bytes.slice(segment.offset, segment.file_size).unwrap_or_default();
            std::iter::from_fn(move || {
                let (note, behind) = first(rest, step)?;
                rest = behind;
                Some(note)
            })
        })
    }

    fn gnu_note(&self, kind: u32) -> Option<&'a [u8]> {
        self.notes().find(|note| note.owner == b"GNU" && note.kind == kind).map(|note| note.content)
    }

    /// The oldest kernel that the file's libc accepts, as `(major, minor, patch)`: the NT_GNU_ABI_TAG note, which glibc
    /// puts into every program and checks at start ("FATAL: kernel too old").
    pub fn abi_kernel(&self) -> Option<(u32, u32, u32)> {
        let content = self.gnu_note(NT_GNU_ABI_TAG)?;
        // The first word is the system: 0 is Linux.
        (word(content, 0)? == 0).then_some((word(content, 4)?, word(content, 8)?, word(content, 12)?))
    }

    /// The content of the NT_GNU_BUILD_ID note. Go's linker leaves it out of its PT_NOTE segment, so that debuggers find
    /// it by its section.
    pub fn build_id(&self) -> Option<&'a [u8]> {
        let by_section = || {
            let (note, _) = first(self.section_bytes(".note.gnu.build-id")?, 4)?;
            (note.owner == b"GNU" && note.kind == NT_GNU_BUILD_ID).then_some(note.content)
        };
        self.gnu_note(NT_GNU_BUILD_ID).or_else(by_section)
    }

    /// The branch protections that the GNU property note declares for the whole file.
    pub fn protections(&self) -> Protections {
        let mut properties = self.gnu_note(NT_GNU_PROPERTY_TYPE_0).unwrap_or_default();
        while let (Some(kind), Some(size)) = (word(properties, 0), word(properties, 4)) {
            if kind == FEATURE_1_AND {
                let bits = word(properties, 8).unwrap_or_default();
                return Protections { bti: bits & 1 != 0, pac: bits & 2 != 0 };
            }
            let next = (size as usize).checked_next_multiple_of(8).and_then(|size| size.checked_add(8));
            properties = next.and_then(|next| properties.get(next..)).unwrap_or_default();
        }
        Protections::default()
    }
}

/// The note at the start of `bytes` and what is behind it, where content is padded to `step` bytes.
fn first(bytes: &[u8], step: usize) -> Option<(Note<'_>, &[u8])> {
    let (owner_size, size, kind) = (word(bytes, 0)? as usize, word(bytes, 4)? as usize, word(bytes, 8)?);
    let owner = bytes.get(12..12usize.checked_add(owner_size)?)?;
    let start = (12 + owner_size).checked_next_multiple_of(step)?;
    let end = start.checked_add(size)?;
    let content = bytes.get(start..end)?;
    let behind = bytes.get(end.checked_next_multiple_of(step)?..).unwrap_or_default();
    Some((Note { owner: owner.strip_suffix(b"\0").unwrap_or(owner), kind, content }, behind))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}
