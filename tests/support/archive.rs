//! Writers of small newc cpio and ustar archives, so that the essential cases run where no such tool is installed.

/// A member to be; fields that a case does not care for have usual values.
#[derive(Clone)]
pub struct Member {
    pub name: Vec<u8>,
    /// Type and permissions as in stat(2).
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub links: u32,
    pub inode: u32,
    /// Content, or a link's target.
    pub data: Vec<u8>,
    pub device: (u32, u32),
}

pub fn member(name: &str, mode: u32, data: &[u8]) -> Member {
    let device = (0, 0);
    Member { name: name.into(), mode, uid: 0, gid: 0, links: 1, inode: 0, data: data.into(), device }
}

pub fn file(name: &str, data: &[u8]) -> Member {
    member(name, 0o100644, data)
}

pub fn folder(name: &str) -> Member {
    member(name, 0o040755, b"")
}

pub fn link(name: &str, target: &str) -> Member {
    member(name, 0o120777, target.as_bytes())
}

/// A newc archive with a trailer; with `sums` in the crc variant.
pub fn cpio(members: &[Member], sums: bool) -> Vec<u8> {
    let mut archive = Vec::new();
    let trailer = member("TRAILER!!!", 0, b"");
    for member in members.iter().chain([&trailer]) {
        let sum = member.data.iter().map(|byte| u32::from(*byte)).sum();
        archive.extend(if sums { b"070702" } else { b"070701" });
        let size = member.data.len() as u32;
        let name = member.name.len() as u32 + 1;
        let (major, minor) = member.device;
        for field in [
            member.inode,
            member.mode,
            member.uid,
            member.gid,
            member.links,
            0,
            size,
            0,
            0,
            major,
            minor,
            name,
            if sums && member.mode & 0o170000 == 0o100000 { sum } else { 0 },
        ] {
            archive.extend(format!("{field:08X}").bytes());
        }
        archive.extend(&member.name);
        archive.push(0);
        pad(&mut archive, 4);
        archive.extend(&member.data);
        pad(&mut archive, 4);
    }
    archive
}

pub fn pad(archive: &mut Vec<u8>, to: usize) {
    archive.resize(archive.len().next_multiple_of(to), 0);
}

/// One ustar member with any type flag, name and link target of at most 100 bytes.
pub fn tar_member(flag: u8, name: &[u8], mode: u32, target: &[u8], data: &[u8]) -> Vec<u8> {
    let mut block = [0u8; 512];
    block[..name.len()].copy_from_slice(name);
    let mut put = |at: usize, text: String| block[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(100, format!("{mode:07o}"));
    put(108, format!("{:07o}", 0));
    put(116, format!("{:07o}", 0));
    put(124, format!("{:011o}", data.len()));
    put(136, format!("{:011o}", 0));
    put(257, "ustar\x0000".to_owned());
    block[156] = flag;
    block[157..157 + target.len()].copy_from_slice(target);
    let mut member = seal(block).to_vec();
    member.extend(data);
    pad(&mut member, 512);
    member
}

/// Writes the checksum.
pub fn seal(mut block: [u8; 512]) -> [u8; 512] {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// The members, and the two blocks that end a tar.
pub fn tar(members: &[Vec<u8>]) -> Vec<u8> {
    let mut archive = members.concat();
    archive.resize(archive.len() + 1024, 0);
    archive
}

/// A pax extended header that says `records` of the next member.
pub fn pax(records: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (keyword, value) in records {
        let rest = keyword.len() + value.len() + 3;
        let mut length = rest + 1;
        while length != rest + length.to_string().len() {
            length += 1;
        }
        body.extend(format!("{length} {keyword}=").bytes());
        body.extend(*value);
        body.push(b'\n');
    }
    tar_member(b'x', b"pax", 0o644, b"", &body)
}
