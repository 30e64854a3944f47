//! Blocks of a tar, their checksums mended so that changes get past them, are a tree or refused; whatever is indexed can be
//! listed, resolved and read.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sarsen::rootfs::Tree;

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = bytes.to_vec();
    for block in bytes.chunks_exact_mut(512).filter(|block| block[257..262] == *b"ustar") {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    let Ok(tree) = Tree::from_bytes(bytes, "input") else { return };
    for (path, node) in tree.walk(Path::new("/")).map(|item| item.expect("nothing can vanish from memory")) {
        if let Ok((path, node)) = tree.resolve(&path) {
            assert_eq!(tree.node(&path), Ok(node), "a resolved path has no links");
        }
        if node.is_file() {
            let size = tree.read(&node).expect("the index was checked").len();
            assert_eq!(size as u64, node.size);
        }
    }
});
