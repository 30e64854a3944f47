//! cpio archives in the newc format, as the kernel unpacks an initramfs (init/initramfs.c and
//! Documentation/driver-api/early-userspace/buffer-format.rst).

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::BufRead;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::image::{Image, text};
use super::index::Index;
use super::node::Content;
use super::resolve::PATH;
use super::source::{Source, Stream};
use super::{Kind, Node};
use crate::error::Error;

/// Bytes of a header.
const HEADER: u64 = 110;
/// The name of the member that ends an archive.
const TRAILER: &[u8] = b"TRAILER!!!";

/// A header's numbers (buffer-format.rst).
struct Header {
    inode: u32,
    mode: u32,
    uid: u32,
    gid: u32,
    links: u32,
    size: u32,
    device: (u32, u32),
    special: (u32, u32),
    name: u32,
    /// The sum of the content's bytes, in the format that has one.
    check: Option<u32>,
}

impl Header {
    fn parse(bytes: &[u8], offset: u64, image: &Image) -> Result<Self, Error> {
        let sums = match bytes.get(..6) {
            Some(b"070701") => false,
            Some(b"070702") => true,
            Some(b"070707") => return Err(image.old(offset, "odc (070707)")),
            _ => {
                return Err(image.invalid(
                    offset,
                    &format!(
                        "{} where a cpio header (070701) or compressed data should start: the kernel would stop here; was \
                         an archive cut or misaligned?",
                        bytes[..bytes.len().min(6)].escape_ascii()
                    ),
                ));
            }
        };
        let mut fields = [0; 13];
        for (field, digits) in fields.iter_mut().zip(bytes[6..].chunks_exact(8)) {
            let number = digits
                .iter()
                .try_fold(0, |number: u32, digit| Some(number << 4 | char::from(*digit).to_digit(16)?));
            *field = number.ok_or_else(|| {
                image.invalid(
                    offset,
                    &format!("{} in a cpio header is no hexadecimal number", digits.escape_ascii()),
                )
            })?;
        }
        let [inode, mode, uid, gid, links, _, size, major, minor, special_major, special_minor, name, check] =
            fields;
        Ok(Self {
            inode,
            mode,
            uid,
            gid,
            links,
            size,
            device: (major, minor),
            special: (special_major, special_minor),
            name,
            check: sums.then_some(check),
        })
    }

    fn node(&self, kind: Kind, offset: u64, source: usize) -> Node {
        let (mode, uid, gid) = (self.mode & 0o7777, self.uid, self.gid);
        let (mode, size, content) = match &kind {
            Kind::File => (mode, u64::from(self.size), Content::Range { source, offset }),
            // A link has no permissions of its own (symlink(7)).
            Kind::Link(target) => (0o777, target.as_os_str().len() as u64, Content::Nothing),
            _ => (mode, 0, Content::Nothing),
        };
        Node { kind, mode, uid, gid, size, content }
    }
}

/// Reads the archive that starts at `offset` of `source`, the `number`th of the tree, into `index`. Returns the offset
/// after it.
pub(super) fn read(
    source: &Source,
    number: usize,
    offset: u64,
    index: &mut Index,
    image: &Image,
) -> Result<u64, Error> {
    if offset % 4 != 0 {
        return Err(image.invalid(
            offset,
            "a cpio header or compressed data should start here, and a header only at a multiple of 4: the kernel would \
             stop here; pad with zeros",
        ));
    }
    let mut hard = HashMap::new();
    let mut at = offset;
    loop {
        let member = Member::read(source, at, image)?;
        if member.name == TRAILER {
            return Ok(member.end);
        }
        member.place(source, number, index, &mut hard, image)?;
        at = member.end;
    }
}

/// The first name of each file with several, by device, inode number and type, within one archive.
type Hard = HashMap<(u32, u32, u32, u32), usize>;

/// A header and where it leads.
struct Member {
    header: Header,
    offset: u64,
    name: Vec<u8>,
    /// Where the content is.
    data: u64,
    /// Where the next header is.
    end: u64,
}

impl Member {
    fn read(source: &Source, offset: u64, image: &Image) -> Result<Self, Error> {
        let bytes = source.read(offset, HEADER as usize).map_err(|error| image.unreadable(&error))?;
        let cut = || {
            image.truncated(
                source.size(),
                &format!(
                    "the cpio archive ends here, at or in the header of offset {offset}, without a TRAILER!!!: was it \
                     cut short?"
                ),
            )
        };
        if bytes.is_empty() {
            return Err(cut());
        }
        if (bytes.len() as u64) < HEADER && bytes.starts_with(&b"0707"[..bytes.len().min(4)]) {
            return Err(cut());
        }
        let header = Header::parse(&bytes, offset, image)?;
        if header.name == 0 || header.name as usize > PATH {
            return Err(image.invalid(
                offset,
                &format!(
                    "a cpio name of {} bytes, 1 to {PATH} are possible: the kernel would leave it out",
                    header.name
                ),
            ));
        }
        let name =
            source.read(offset + HEADER, header.name as usize).map_err(|error| image.unreadable(&error))?;
        if name.len() < header.name as usize {
            return Err(image.truncated(
                source.size(),
                &format!(
                    "the cpio archive ends in the name {} (header at offset {offset}): was it cut short?",
                    text(&name)
                ),
            ));
        }
        if name.last() != Some(&0) {
            return Err(
                image.invalid(offset, &format!("the cpio name {} does not end with a NUL", text(&name)))
            );
        }
        let name: Vec<u8> = name.iter().copied().take_while(|byte| *byte != 0).collect();
        let data = (offset + HEADER + u64::from(header.name)).next_multiple_of(4);
        let content = data + u64::from(header.size);
        if content > source.size() {
            return Err(image.truncated(
                source.size(),
                &format!(
                    "the cpio archive ends in {} (header at offset {offset}), whose {} bytes would end at {content}: was it \
                     cut short?",
                    text(&name),
                    header.size
                ),
            ));
        }
        Ok(Self { header, offset, name, data, end: content.next_multiple_of(4) })
    }

    fn place(
        &self,
        source: &Source,
        number: usize,
        index: &mut Index,
        hard: &mut Hard,
        image: &Image,
    ) -> Result<(), Error> {
        let path = image.path(self.offset, &self.name)?;
        let kind = self.kind(source, image)?;
        if kind == Kind::File {
            self.verify(source, image)?;
        }
        let refused = |refusal| image.refused(self.offset, &self.name, &refusal);
        let linkable = self.header.links > 1 && !matches!(kind, Kind::Directory | Kind::Link(_));
        let node = self.header.node(kind, self.data, number);
        if !linkable {
            return index.put(&path, node, true).map(drop).map_err(refused);
        }
        let (major, minor) = self.header.device;
        let key = (major, minor, self.header.inode, self.header.mode & 0o170000);
        let Some(first) = hard.get(&key).copied() else {
            hard.insert(key, index.put(&path, node, true).map_err(refused)?);
            return Ok(());
        };
        index.link(&path, first).map_err(refused)?;
        // The content is with any of the names, mostly the last; owner and mode are those of the last.
        let node = if node.size == 0 {
            let first = index.node(first);
            Node { size: first.size, content: first.content.clone(), ..node }
        } else {
            node
        };
        index.replace(first, node);
        Ok(())
    }

    fn kind(&self, source: &Source, image: &Image) -> Result<Kind, Error> {
        let (major, minor) = self.header.special;
        Ok(match self.header.mode & 0o170000 {
            0o100000 => Kind::File,
            0o120000 => {
                if self.header.size as usize >= PATH {
                    return Err(image.invalid(
                        self.offset,
                        &format!(
                            "the link {} has a target of {} bytes: Linux has no paths of {PATH} or more",
                            text(&self.name),
                            self.header.size
                        ),
                    ));
                }
                let target = source
                    .read(self.data, self.header.size as usize)
                    .map_err(|error| image.unreadable(&error))?;
                let end = target.iter().position(|byte| *byte == 0).unwrap_or(target.len());
                Kind::Link(PathBuf::from(OsStr::from_bytes(&target[..end])))
            }
            // The kernel skips anything else that has content.
            _ if self.header.size != 0 => {
                return Err(image.invalid(
                    self.offset,
                    &format!(
                        "{} is neither a file nor a link (mode {:o}) but has {} bytes: the kernel would leave it out",
                        text(&self.name),
                        self.header.mode,
                        self.header.size
                    ),
                ));
            }
            0o040000 => Kind::Directory,
            0o020000 => Kind::Character { major, minor },
            0o060000 => Kind::Block { major, minor },
            0o010000 => Kind::Fifo,
            0o140000 => Kind::Socket,
            _ => {
                return Err(image.invalid(
                    self.offset,
                    &format!("{} is of no known type (mode {:o})", text(&self.name), self.header.mode),
                ));
            }
        })
    }

    /// Compares the sum of the content's bytes with the header's, if it has one.
    fn verify(&self, source: &Source, image: &Image) -> Result<(), Error> {
        let Some(check) = self.header.check else { return Ok(()) };
        let mut stream = Stream::new(source, self.data);
        let mut left = u64::from(self.header.size);
        let mut sum: u32 = 0;
        while left > 0 {
            let ahead = stream.fill_buf().map_err(|error| image.unreadable(&error))?;
            let count = usize::try_from(left).map_or(ahead.len(), |left| left.min(ahead.len()));
            if count == 0 {
                break;
            }
            sum = ahead[..count].iter().fold(sum, |sum, byte| sum.wrapping_add(u32::from(*byte)));
            stream.consume(count);
            left -= count as u64;
        }
        if sum == check {
            return Ok(());
        }
        Err(image.invalid(
            self.offset,
            &format!(
                "the bytes of {} sum up to {sum:08x}, the header says {check:08x}: it is damaged; compare it with its origin",
                text(&self.name)
            ),
        ))
    }
}
