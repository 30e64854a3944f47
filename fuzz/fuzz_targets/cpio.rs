//! Any bytes are an initramfs (or a tar, which is told by its first bytes) or refused; whatever is indexed can be listed,
//! resolved and read.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sarsen::rootfs::Tree;

fuzz_target!(|bytes: &[u8]| {
    let Ok(tree) = Tree::from_bytes(bytes.to_vec(), "input") else { return };
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
