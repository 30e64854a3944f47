//! Both digests of each of many files, whose bytes come one file after the other. As in `read` a second processor does
//! SM3 alone. Here it gets blocks that know no ends of files, so that many small files are as good as a large one.

use std::cell::OnceCell;
use std::mem;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use sha2::{Digest, Sha256};
use sm3::Sm3;

use super::Digests;

/// Bytes of a block, see `read`.
const BLOCK: usize = 256 << 10;

/// Blocks that are filled, hashed or waiting at one time.
const BLOCKS: usize = 4;

/// Computes the digests of files, one after the other.
#[derive(Default)]
pub struct Each {
    size: u64,
    sha256: Sha256,
    done: Vec<(u64, [u8; 32])>,
    block: Block,
    sm3: Hashed,
    /// The other thread, if there is to be one. That is decided when a block is full: a few bytes are not worth it.
    helper: OnceCell<Option<Helper>>,
}

impl Each {
    /// More bytes of the file.
    pub fn update(&mut self, mut bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.sha256.update(bytes);
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - self.block.bytes.len()));
            self.block.bytes.extend_from_slice(now);
            bytes = later;
            if self.block.bytes.len() == BLOCK {
                self.hand_over();
            }
        }
    }

    /// The file ends, and the next one begins.
    pub fn end(&mut self) {
        self.done.push((mem::take(&mut self.size), self.sha256.finalize_reset().into()));
        self.block.ends.push(self.block.bytes.len());
    }

    /// The digests of all files that ended, in their order.
    pub fn finish(mut self) -> Vec<Digests> {
        let sm3 = if let Some(helper) = self.helper.take().flatten() {
            helper.finish(self.block)
        } else {
            self.sm3.update(&self.block);
            self.sm3
        };
        let digests = |((size, sha256), sm3)| Digests { size, sha256, sm3 };
        self.done.into_iter().zip(sm3.done).map(digests).collect()
    }

    fn hand_over(&mut self) {
        if let Some(helper) = self.helper.get_or_init(Helper::start) {
            // It fails only if the thread panicked, which is told when it is joined.
            let _ = helper.full.send(mem::take(&mut self.block));
            self.block = helper.empty.recv().unwrap_or_default();
        } else {
            self.sm3.update(&self.block);
        }
        self.block.bytes.clear();
        self.block.ends.clear();
    }
}

/// Bytes, and how many of them belong to the files that end in it.
#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// SM3 of the files so far.
#[derive(Default)]
struct Hashed {
    sm3: Sm3,
    done: Vec<[u8; 32]>,
}

impl Hashed {
    fn update(&mut self, block: &Block) {
        let mut start = 0;
        for &end in &block.ends {
            self.sm3.update(&block.bytes[start..end]);
            self.done.push(self.sm3.finalize_reset().into());
            start = end;
        }
        self.sm3.update(&block.bytes[start..]);
    }
}

/// A thread that does SM3.
struct Helper {
    full: Sender<Block>,
    empty: Receiver<Block>,
    thread: JoinHandle<Hashed>,
}

impl Helper {
    /// None if there is one processor only, or no more threads are allowed (pthread_create(3), EAGAIN).
    fn start() -> Option<Self> {
        if thread::available_parallelism().map_or(1, usize::from) == 1 {
            return None;
        }
        let (full, to_hash) = mpsc::channel::<Block>();
        let (hashed, empty) = mpsc::channel();
        for _ in 1..BLOCKS {
            let _ = hashed.send(Block::default());
        }
        let hash = move || {
            let mut files = Hashed::default();
            for block in to_hash {
                files.update(&block);
                // Nobody takes the last ones back.
                let _ = hashed.send(block);
            }
            files
        };
        let thread = thread::Builder::new().spawn(hash).ok()?;
        Some(Self { full, empty, thread })
    }

    fn finish(self, last: Block) -> Hashed {
        let _ = self.full.send(last);
        drop(self.full);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files of which some end where a block does, some are empty, and one is larger than all blocks at hand, in pieces
    /// of all sizes; with a helper and without.
    #[test]
    fn every_file_has_the_digests_of_its_bytes() {
        let sizes = [0, 1, BLOCK - 1, BLOCK, 0, 0, BLOCK + 1, 70_000, 3, (BLOCKS + 2) * BLOCK + 5, 0];
        for alone in [false, true] {
            let mut each = Each::default();
            if alone {
                assert!(each.helper.set(None).is_ok());
            }
            let mut expected = Vec::new();
            for (seed, size) in sizes.into_iter().enumerate() {
                let bytes: Vec<u8> = (0..size).map(|n| (n % 251 + seed) as u8).collect();
                let mut rest = bytes.as_slice();
                let mut piece = 1;
                while !rest.is_empty() {
                    let (now, later) = rest.split_at(rest.len().min(piece));
                    each.update(now);
                    rest = later;
                    piece = piece * 7 % 900_001;
                }
                each.end();
                expected.push(Digests::of(&bytes));
            }
            // Of what did not end nobody asked.
            each.update(b"rest");
            assert_eq!(each.finish(), expected, "{alone}");
        }
    }

    #[test]
    fn a_few_bytes_are_hashed_at_once() {
        let mut each = Each::default();
        each.update(b"abc");
        each.end();
        assert!(each.helper.get().is_none());
        assert_eq!(each.finish(), [Digests::of(b"abc")]);
        assert_eq!(Each::default().finish(), []);
    }
}
