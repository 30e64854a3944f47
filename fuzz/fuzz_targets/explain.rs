//! Any bytes are executed on paper, as a program and as its interpreter, on kernels old and new with pages of every size.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sarsen::loader::exec::{Kernel, User, execve};
use sarsen::rootfs::Tree;

/// An initramfs that holds nothing but its trailer.
fn nothing() -> Vec<u8> {
    format!("070701{:032X}{:08X}{:048X}{:08X}{:08X}TRAILER!!!\0\0\0\0", 0, 1, 0, 11, 0).into_bytes()
}

fuzz_target!(|bytes: &[u8]| {
    let tree = Tree::from_bytes(nothing(), "empty").expect("an archive without members");
    let Ok(tree) = tree.with_file(Path::new("/ld"), bytes.to_vec(), 0o755) else { return };
    let mut program = bytes.to_vec();
    program.extend(b"/ld\0");
    let Ok(tree) = tree.with_file(Path::new("/app"), program, 0o755) else { return };
    for (page, version) in [(4096, (4, 19, 0)), (4096, (5, 10, 0)), (16384, (6, 12, 0)), (65536, (6, 18, 0))] {
        let kernel = Kernel { machine: "aarch64", version, page, noexec: &[] };
        let ended = execve(&tree, Path::new("/app"), kernel, User::default()).expect("it is in memory");
        assert!(!ended.steps.is_empty());
    }
});
