//! Makes an ELF file smaller without changing what it does: what no loader, kernel or start code reads goes, what is
//! loaded stays byte for byte at its address.
//!
//! The rewritten file is laid out anew: what segments describe keeps its order and its offset modulo the page size, then
//! come sections that are kept though nothing loads them, the section names and the section headers. docs/slim.md says
//! what goes, what stays and who says that nobody misses it.

mod dynamic;
mod file;
mod layout;
mod names;
mod refuse;
mod sections;
mod tail;
mod write;

use crate::elf::Image;
use crate::error::{Code, Error};

pub use file::file;

use layout::Layout;
use sections::{Fate, Section, What};
use write::Place;

/// What may go beyond the usual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Drop the section headers and their names, and the zeros at the end of the last segment.
    pub no_section_headers: bool,
    /// Drop data that no header describes, and sections that nothing loads and nobody knows.
    pub drop_appended: bool,
}

/// A file made smaller.
#[derive(Clone, Debug)]
pub struct Slimmed {
    /// The file. Slimming it again with the same options yields the same bytes.
    pub bytes: Vec<u8>,
    /// What is gone.
    pub removed: Removed,
    /// Names of the sections that stay though nothing loads them.
    pub kept: Vec<String>,
}

/// What is gone, in bytes. The sum is the difference between the file before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Symbol tables and their strings.
    pub symbols: u64,
    /// Debug information, and what leads to it.
    pub debug: u64,
    /// Names of compilers and their arguments.
    pub comments: u64,
    /// Other sections that nothing loads.
    pub other: u64,
    /// Section headers and the names of sections.
    pub section_headers: u64,
    /// Zeros at the end of the last segment, which the kernel fills in.
    pub zeros: u64,
    /// Data that no header describes or nobody knows.
    pub payload: u64,
    /// Unused bytes between and behind all that; negative where alignment or an emptied hole takes more than before.
    pub padding: i64,
    /// Entries taken out of the dynamic table, by name; the table keeps its size.
    pub dynamic_entries: Vec<&'static str>,
}

impl Removed {
    /// Every kind of bytes with its name, in the order of reports.
    pub fn kinds(&self) -> [(&'static str, i64); 8] {
        [
            ("symbols", self.symbols as i64),
            ("debug", self.debug as i64),
            ("comments", self.comments as i64),
            ("other", self.other as i64),
            ("section-headers", self.section_headers as i64),
            ("zeros", self.zeros as i64),
            ("payload", self.payload as i64),
            ("padding", self.padding),
        ]
    }

    fn add(&mut self, what: What, size: u64) {
        *match what {
            What::Symbols => &mut self.symbols,
            What::Debug => &mut self.debug,
            What::Comment => &mut self.comments,
            What::Other => &mut self.other,
            What::Payload => &mut self.payload,
        } += size;
    }
}

/// The file `bytes`, called `name` in messages, made smaller.
///
/// # Errors
/// `input-not-elf` or `input-truncated` as [`Image::parse`]; `slim-class`, `slim-kind`, `slim-damaged` or `slim-layout`
/// if the file is not one that can be rewritten with certainty; `slim-payload` if it carries data that may be its own
/// and [`Options::drop_appended`] is not set.
pub fn slim(bytes: &[u8], name: &str, options: &Options) -> Result<Slimmed, Error> {
    let slimmed = once(bytes, name, *options)?;
    // A file whose parts lie inside each other may read otherwise once one of them is rewritten.
    match once(&slimmed.bytes, name, *options) {
        Ok(again) if again.bytes == slimmed.bytes => Ok(slimmed),
        _ => Err(Error::new(
            Code::SlimLayout,
            format!(
                "{name} would not be the same file again: its headers describe each other's bytes; link it again"
            ),
        )),
    }
}

fn once(bytes: &[u8], name: &str, options: Options) -> Result<Slimmed, Error> {
    let image = Image::parse(bytes, name)?;
    refuse::inspect(&image, name)?;
    let mut content = bytes.to_vec();
    let dynamic_entries = dynamic::drop_unread(&image, &mut content);

    let has_table = !image.sections.is_empty();
    let with_table = has_table && !options.no_section_headers;
    let end = (!with_table).then(|| tail::end_of_last_segment(&image, &content)).flatten();
    let sections = sections::read(&image, &Layout::of_segments(&image, None), options, name)?;
    let mut layout = Layout::of_segments(&image, end);
    layout.close_holes(&image, &sections, &content);

    let mut removed = Removed { dynamic_entries, ..Removed::default() };
    for section in &sections {
        if let Fate::Goes(what) = section.fate {
            removed.add(what, layout.outside_of_blocks(section.offset, section.size));
        }
    }
    let payload = layout.appended(&content);
    if payload != 0 && !options.drop_appended {
        return Err(Error::new(
            Code::SlimPayload,
            format!(
                "{name} has {payload} bytes behind its end that no ELF header describes, as self-extracting programs \
                 do: they would be lost, and the program may read them from its own file; --drop-appended drops them"
            ),
        ));
    }
    removed.payload += payload;
    removed.zeros = end.map_or(0, |end| end.removed);

    let write = |place| {
        let table = with_table.then_some((&sections[..], place));
        write::file(&image, &content, &layout, table, end, name)
    };
    let mut written = write(Place::End)?;
    if written.bytes.len() > bytes.len() {
        // The old section headers are in front of the end: between segments, as patchelf puts them.
        written = write(Place::Hole)?;
    }
    if written.bytes.len() > bytes.len() {
        // They are loaded, and so must stay.
        return Ok(Slimmed { bytes: bytes.to_vec(), removed: Removed::default(), kept: Vec::new() });
    }
    removed.section_headers = sections::table_size(&image, &sections).saturating_sub(written.table_size);
    let accounted: i64 = removed.kinds().iter().map(|(_, size)| size).sum();
    removed.padding = bytes.len() as i64 - written.bytes.len() as i64 - accounted;
    let kept = if with_table { kept(&sections) } else { Vec::new() };
    Ok(Slimmed { bytes: written.bytes, removed, kept })
}

fn kept(sections: &[Section]) -> Vec<String> {
    let moved = sections.iter().filter(|s| s.fate == Fate::Moves);
    moved.map(|s| String::from_utf8_lossy(s.name).into_owned()).collect()
}
