//! tar archives: ustar, pax and GNU's long names (POSIX.1-2017, pax; GNU tar manual, "Basic Tar Format"; tar(5)).
//!
//! Owners are the numbers; the names of users and groups mean nothing without the device's passwd file.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::image::{Image, text};
use super::index::Index;
use super::node::Content;
use super::pax::{Records, field};
use super::resolve::PATH;
use super::source::Source;
use super::{Kind, Node};
use crate::error::Error;

const BLOCK: usize = 512;
/// The most bytes of an extended header or a long name that are read: 16 MiB.
const EXTENDED: u64 = 16 << 20;

/// Whether `head` starts with a tar header: the only sign that all kinds have is the checksum.
pub(super) fn is_header(head: &[u8]) -> bool {
    head.get(..BLOCK).is_some_and(|block| block[0] != 0 && has_checksum(block))
}

/// The sum of the block's bytes, those of the checksum itself as spaces; old writers summed signed bytes.
fn has_checksum(block: &[u8]) -> bool {
    let bytes =
        || block.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { b' ' } else { *byte });
    let unsigned: u64 = bytes().map(u64::from).sum();
    let signed: i64 = bytes().map(|byte| i64::from(byte as i8)).sum();
    let digits = block[148..156].iter().any(u8::is_ascii_digit);
    let stored = field(&block[148..156]);
    digits && stored.is_some_and(|stored| stored == unsigned || i64::try_from(stored) == Ok(signed))
}

/// A field's bytes up to its NUL.
fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Reads the archive in `source`, the `number`th of the tree, into `index`.
pub(super) fn read(source: &Source, number: usize, index: &mut Index, image: &Image) -> Result<(), Error> {
    let mut tar = Tar { source, number, image, offset: 0, global: Records::default() };
    while let Some(member) = tar.next()? {
        member.place(index, &tar)?;
    }
    Ok(())
}

struct Tar<'a> {
    source: &'a Source,
    number: usize,
    image: &'a Image<'a>,
    /// Of the next header.
    offset: u64,
    /// What a global extended header says of all members after it.
    global: Records,
}

struct Member {
    offset: u64,
    /// The type flag.
    flag: u8,
    name: Vec<u8>,
    target: Vec<u8>,
    mode: u32,
    uid: u32,
    gid: u32,
    size: u64,
    device: (u32, u32),
    /// Where the content is.
    data: u64,
}

impl Tar<'_> {
    /// The next member with all that extended headers say of it; `None` at the end.
    fn next(&mut self) -> Result<Option<Member>, Error> {
        let mut local = Records::default();
        loop {
            let offset = self.offset;
            let block = self.block()?;
            if block.iter().all(|byte| *byte == 0) {
                return Ok(None);
            }
            if !has_checksum(&block) {
                return Err(self.image.invalid(
                    offset,
                    "no tar header, which its checksum would show: is the archive damaged, or a member's size wrong?",
                ));
            }
            let flag = block[156];
            let size = self.number(&block[124..136], "size", offset)?;
            match flag {
                b'x' => local
                    .read(&self.body(size, "an extended header")?)
                    .map_err(|text| self.image.invalid(offset, &text))?,
                b'g' => {
                    let body = self.body(size, "a global extended header")?;
                    self.global.read(&body).map_err(|text| self.image.invalid(offset, &text))?;
                }
                b'L' => local.long_name = Some(until_nul(&self.body(size, "a long name")?).to_owned()),
                b'K' => {
                    local.long_target = Some(until_nul(&self.body(size, "a long link target")?).to_owned());
                }
                // A volume's label.
                b'V' => {}
                _ => return self.member(&block, offset, flag, size, local).map(Some),
            }
        }
    }

    fn block(&mut self) -> Result<[u8; BLOCK], Error> {
        let bytes = self.source.read(self.offset, BLOCK).map_err(|error| self.image.unreadable(&error))?;
        let block = <[u8; BLOCK]>::try_from(&*bytes).map_err(|_| {
            self.image.truncated(
                self.source.size(),
                &format!(
                    "the tar archive ends here, at or in the header of offset {}, without its two blocks of zeros: was it \
                     cut short?",
                    self.offset
                ),
            )
        })?;
        self.offset += BLOCK as u64;
        Ok(block)
    }

    /// Steps over `size` bytes of content and what pads them, and says where they were.
    fn skip(&mut self, size: u64, what: &str) -> Result<u64, Error> {
        let data = self.offset;
        let end = data.checked_add(size).filter(|end| *end <= self.source.size()).ok_or_else(|| {
            self.image.truncated(
                self.source.size(),
                &format!(
                    "the tar archive ends in {what} (header at offset {}), whose {size} bytes start at {data}: was it cut \
                     short?",
                    data - BLOCK as u64
                ),
            )
        })?;
        self.offset = end.next_multiple_of(BLOCK as u64);
        Ok(data)
    }

    /// The content of a header that describes the next.
    fn body(&mut self, size: u64, what: &str) -> Result<Vec<u8>, Error> {
        if size > EXTENDED {
            return Err(self.image.invalid(
                self.offset,
                &format!(
                    "{what} of {size} bytes: no more than {EXTENDED} (16 MiB) are read, real ones have few"
                ),
            ));
        }
        let data = self.skip(size, what)?;
        let bytes = self.source.read(data, size as usize).map_err(|error| self.image.unreadable(&error))?;
        Ok(bytes.into_owned())
    }

    fn number(&self, bytes: &[u8], what: &str, offset: u64) -> Result<u64, Error> {
        field(bytes).ok_or_else(|| {
            self.image.invalid(offset, &format!("{} is no {what} of a tar member", bytes.escape_ascii()))
        })
    }

    fn member(
        &mut self,
        block: &[u8],
        offset: u64,
        flag: u8,
        size: u64,
        local: Records,
    ) -> Result<Member, Error> {
        let records = local.over(&self.global);
        let header_name = {
            let (name, prefix) = (until_nul(&block[..100]), until_nul(&block[345..500]));
            // GNU's own format has other things there.
            if block[257..263] == *b"ustar\0" && !prefix.is_empty() {
                [prefix, b"/", name].concat()
            } else {
                name.to_owned()
            }
        };
        let name = records.path.or(records.long_name).unwrap_or(header_name);
        let sparse = flag == b'S' || records.sparse;
        if sparse || !matches!(flag, 0 | b'0'..=b'7') {
            let what = if sparse {
                "a sparse file".to_owned()
            } else {
                format!("of type {}", [flag].escape_ascii())
            };
            return Err(self.image.unsupported(
                offset,
                &format!("the tar member {} is {what}, which is not read: pack it without", text(&name)),
            ));
        }
        let small = |value: u64, what: &str| {
            u32::try_from(value).map_err(|_| {
                self.image.invalid(
                    offset,
                    &format!("{value} is no {what} of {}: Linux has 32 bits for it", text(&name)),
                )
            })
        };
        let number = |range: std::ops::Range<usize>, what| self.number(&block[range], what, offset);
        let uid = records.uid.map_or_else(|| number(108..116, "owner"), Ok)?;
        let gid = records.gid.map_or_else(|| number(116..124, "group"), Ok)?;
        let device = if matches!(flag, b'3' | b'4') {
            let (major, minor) = (number(329..337, "device number")?, number(337..345, "device number")?);
            (small(major, "device number")?, small(minor, "device number")?)
        } else {
            (0, 0)
        };
        let (uid, gid) = (small(uid, "owner")?, small(gid, "group")?);
        let mode = small(number(100..108, "mode")?, "mode")? & 0o7777;
        // Only regular files have content, whatever the size field says (POSIX, ustar).
        let size = if matches!(flag, 0 | b'0' | b'7') { records.size.unwrap_or(size) } else { 0 };
        let target =
            records.target.or(records.long_target).unwrap_or_else(|| until_nul(&block[157..257]).to_owned());
        let data = self.skip(size, &text(&name))?;
        Ok(Member { offset, flag, name, target, mode, uid, gid, size, device, data })
    }
}

impl Member {
    fn place(self, index: &mut Index, tar: &Tar) -> Result<(), Error> {
        let image = tar.image;
        let path = image.path(self.offset, &self.name)?;
        let refused = |refusal| image.refused(self.offset, &self.name, &refusal);
        let (major, minor) = self.device;
        let kind = match self.flag {
            b'1' => {
                let target = image.path(self.offset, &self.target)?;
                let number = index.number(&target).map_err(refused)?;
                let Some(number) = number.filter(|number| !index.node(*number).is_directory()) else {
                    return Err(image.invalid(
                        self.offset,
                        &format!(
                            "{} is a hard link to {}, which is no file before it in the archive",
                            text(&self.name),
                            text(&self.target)
                        ),
                    ));
                };
                return index.link(&path, number).map_err(refused);
            }
            b'2' if self.target.len() >= PATH => {
                return Err(image.invalid(
                    self.offset,
                    &format!(
                        "the link {} has a target of {} bytes: Linux has no paths of {PATH} or more",
                        text(&self.name),
                        self.target.len()
                    ),
                ));
            }
            b'2' => Kind::Link(PathBuf::from(OsStr::from_bytes(&self.target))),
            b'3' => Kind::Character { major, minor },
            b'4' => Kind::Block { major, minor },
            b'5' => Kind::Directory,
            b'6' => Kind::Fifo,
            // How the first tar wrote directories.
            _ if self.name.ends_with(b"/") => Kind::Directory,
            _ => Kind::File,
        };
        let (mode, size, content) = match &kind {
            Kind::File => (self.mode, self.size, Content::Range { source: tar.number, offset: self.data }),
            // A link has no permissions of its own (symlink(7)).
            Kind::Link(_) => (0o777, self.target.len() as u64, Content::Nothing),
            _ => (self.mode, 0, Content::Nothing),
        };
        let node = Node { kind, mode, uid: self.uid, gid: self.gid, size, content };
        index.put(&path, node, false).map(drop).map_err(refused)
    }
}
