//! Both digests of a stream in one pass. SM3 takes about five times as long as SHA-256 with a processor's instructions
//! for the latter, so where there is a second processor it does SM3 alone, while this thread reads and does the rest.

use std::io::{self, Read};
use std::sync::mpsc;
use std::thread;

use sha2::digest::consts::U32;
use sha2::{Digest, Sha256};
use sm3::Sm3;

use super::Digests;

/// Bytes of a block: they stay in a processor's cache from being read to being hashed twice, and hashing them takes
/// much longer than waking a thread.
const BLOCK: usize = 256 << 10;

/// Blocks that are read, hashed or waiting at one time.
const BLOCKS: usize = 4;

/// What is known after the blocks so far, without SM3.
#[derive(Default)]
struct Progress {
    size: u64,
    sha256: Sha256,
}

impl Progress {
    fn update(&mut self, block: &[u8]) {
        self.size += block.len() as u64;
        self.sha256.update(block);
    }

    fn end(self, sm3: Sm3) -> Digests {
        Digests { size: self.size, sha256: self.sha256.finalize().into(), sm3: sm3.finalize().into() }
    }
}

/// The digests of everything that `reader` yields.
pub fn digests(reader: &mut dyn Read) -> io::Result<Digests> {
    let mut first = vec![0; BLOCK];
    if !fill(reader, &mut first)? {
        return Ok(Digests::of(&first));
    }
    if thread::available_parallelism().map_or(1, usize::from) == 1 {
        return alone(reader, first);
    }
    together(reader, first)
}

/// The size and one digest of everything that `reader` yields.
pub fn digest<D: Digest<OutputSize = U32>>(reader: &mut dyn Read) -> io::Result<(u64, [u8; 32])> {
    let (mut size, mut state, mut block) = (0, D::new(), vec![0; BLOCK]);
    loop {
        let more = fill(reader, &mut block)?;
        size += block.len() as u64;
        state.update(&block);
        if !more {
            return Ok((size, state.finalize().into()));
        }
    }
}

/// Fills `block`, or cuts it at the end of the stream and says `false`.
fn fill(reader: &mut dyn Read, block: &mut Vec<u8>) -> io::Result<bool> {
    let mut filled = 0;
    while filled < block.len() {
        match reader.read(&mut block[filled..]) {
            Ok(0) => {
                block.truncate(filled);
                return Ok(false);
            }
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// One processor does everything; `block` is full.
fn alone(reader: &mut dyn Read, mut block: Vec<u8>) -> io::Result<Digests> {
    let (mut progress, mut sm3) = (Progress::default(), Sm3::new());
    loop {
        progress.update(&block);
        sm3.update(&block);
        if block.len() < BLOCK {
            return Ok(progress.end(sm3));
        }
        fill(reader, &mut block)?;
    }
}

/// Another thread gets every block that is done here, and gives it back to be filled again; `first` is full.
fn together(reader: &mut dyn Read, first: Vec<u8>) -> io::Result<Digests> {
    let (full, to_hash) = mpsc::channel::<Vec<u8>>();
    let (empty, to_fill) = mpsc::channel();
    for _ in 1..BLOCKS {
        let _ = empty.send(Vec::new());
    }
    let hash = move || {
        let mut sm3 = Sm3::new();
        for block in to_hash {
            sm3.update(&block);
            // Nobody takes the last ones back.
            let _ = empty.send(block);
        }
        sm3
    };
    // Not scoped: what the thread works on is its own.
    let Ok(helper) = thread::Builder::new().spawn(hash) else {
        // No more threads are allowed (pthread_create(3), EAGAIN): slower, but not wrong.
        return alone(reader, first);
    };
    let mut progress = Progress::default();
    let mut block = first;
    let end = loop {
        progress.update(&block);
        let last = block.len() < BLOCK;
        if full.send(block).is_err() || last {
            break Ok(());
        }
        let Ok(next) = to_fill.recv() else { break Ok(()) };
        block = next;
        block.resize(BLOCK, 0);
        if let Err(error) = fill(reader, &mut block) {
            break Err(error);
        }
    };
    drop(full);
    match (helper.join(), end) {
        (Ok(sm3), Ok(())) => Ok(progress.end(sm3)),
        (Ok(_), Err(error)) => Err(error),
        (Err(panic), _) => std::panic::resume_unwind(panic),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Yields `rest` in pieces of all sizes, now and then interrupted.
    struct Pieces<'a> {
        rest: &'a [u8],
        size: usize,
    }

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.size = self.size * 7 % 65_521;
            if self.size % 3 == 0 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let count = self.size.min(buffer.len()).min(self.rest.len());
            buffer[..count].copy_from_slice(&self.rest[..count]);
            self.rest = &self.rest[count..];
            Ok(count)
        }
    }

    /// Whole blocks, one byte less and one more, and fewer and more than there are blocks.
    #[test]
    fn a_stream_has_the_digests_of_its_bytes() {
        let bytes: Vec<u8> = (0..=BLOCK * (BLOCKS + 2)).map(|n| (n % 251) as u8).collect();
        let mut sizes = vec![0, 1];
        for blocks in [1, 2, BLOCKS, BLOCKS + 2] {
            sizes.extend([blocks * BLOCK - 1, blocks * BLOCK, blocks * BLOCK + 1]);
        }
        for size in sizes {
            let bytes = &bytes[..size];
            let expected = Digests::of(bytes);
            assert_eq!(
                digest::<Sha256>(&mut Pieces { rest: bytes, size: 1 }).unwrap(),
                (size as u64, expected.sha256)
            );
            assert_eq!(
                digest::<Sm3>(&mut Pieces { rest: bytes, size: 1 }).unwrap(),
                (size as u64, expected.sm3)
            );
            assert_eq!(digests(&mut Pieces { rest: bytes, size: 1 }).unwrap(), expected, "{size}");
            if size >= BLOCK {
                let (first, rest) = bytes.split_at(BLOCK);
                assert_eq!(alone(&mut &*rest, first.to_vec()).unwrap(), expected, "{size}");
                assert_eq!(together(&mut &*rest, first.to_vec()).unwrap(), expected, "{size}");
            }
        }
    }

    /// Remembers what it read of a file, which is cut or grows on the way.
    struct Changing {
        file: std::fs::File,
        read: Vec<u8>,
        sizes: Vec<u64>,
    }

    impl Read for Changing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if let Some(size) = self.sizes.pop() {
                self.file.set_len(size)?;
            }
            let count = self.file.read(buffer)?;
            self.read.extend(&buffer[..count]);
            Ok(count)
        }
    }

    #[test]
    fn a_file_that_changes_has_the_digests_of_what_was_read() {
        let path = std::env::temp_dir().join(format!("sarsen-read-{}", std::process::id()));
        for end in [2, 3, 9] {
            std::fs::write(&path, vec![7; 6 * BLOCK]).unwrap();
            let file = std::fs::File::options().read(true).write(true).open(&path).unwrap();
            let sizes = [end, 5, 8].map(|blocks| blocks * BLOCK as u64 + 1).to_vec();
            let mut reader = Changing { file, read: Vec::new(), sizes };
            let found = digests(&mut reader).unwrap();
            assert_eq!(found, Digests::of(&reader.read));
            assert_eq!(found.size, end.max(2) * BLOCK as u64 + 1);
        }
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn an_error_in_the_middle_is_no_digest() {
        struct Breaks;
        impl Read for Breaks {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
        }
        for blocks in [0, 1, BLOCKS + 3] {
            let mut reader = io::repeat(1).take((blocks * BLOCK) as u64).chain(Breaks);
            assert_eq!(digests(&mut reader).unwrap_err().to_string(), "broken", "{blocks}");
        }
        assert!(alone(&mut Breaks, vec![0; BLOCK]).is_err());
    }
}
