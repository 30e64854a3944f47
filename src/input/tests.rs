use std::fs::{FileTimes, Permissions};
use std::io::{Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use super::*;

/// Bytes in the file of a test, of which half is read before something happens to it.
const SIZE: usize = 8 << 10;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sarsen-input-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A file whose times are long ago, so that what happens now has another time, however coarse the clock is.
    fn old(&self, name: &str, size: usize) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, vec![1; size]).unwrap();
        let times = FileTimes::new().set_accessed(UNIX_EPOCH).set_modified(UNIX_EPOCH);
        writable(&path).set_times(times).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn writable(path: &Path) -> fs::File {
    fs::File::options().write(true).open(path).unwrap()
}

/// Overwrites the first bytes, which were read.
fn overwrite(path: &Path) {
    writable(path).write_all(b"x").unwrap();
}

/// The same, and what a program may do to hide it. Only ctime tells then, which nobody can set; it moves with the ticks of a
/// clock.
fn hide(path: &Path) {
    let time = |path: &Path| fs::metadata(path).map(|m| (m.ctime(), m.ctime_nsec())).unwrap();
    let before = time(path);
    while time(path) == before {
        overwrite(path);
        writable(path).set_modified(UNIX_EPOCH).unwrap();
    }
}

fn replace(path: &Path) {
    let other = path.with_extension("other");
    fs::write(&other, vec![1; SIZE]).unwrap();
    fs::rename(other, path).unwrap();
}

/// What reading the file at `path` to its end says, if `meddle` is done to it in the middle; the bytes.
fn meddled(path: &Path, meddle: &dyn Fn(&Path)) -> Result<Vec<u8>, Error> {
    let mut file = open(path)?;
    let mut bytes = vec![0; SIZE / 2];
    file.read_exact(&mut bytes).unwrap();
    meddle(path);
    let read = file.read_to_end(&mut bytes);
    // Whoever asks gets the same answer as whoever reads on.
    assert_eq!(file.unchanged().map_err(|error| error.message), told(path, &read));
    read.map(|_| bytes).map_err(|error| because(path, &error))
}

fn told(path: &Path, read: &io::Result<usize>) -> Result<(), String> {
    read.as_ref().map(|_| ()).map_err(|error| because(path, error).message)
}

/// The name of a file, what is done to it, and what must be said.
type Case = (&'static str, &'static dyn Fn(&Path), &'static str);

#[test]
fn a_file_that_changes_while_it_is_read_is_an_error() {
    let folder = Folder::new("changed");
    let cases: [Case; 10] = [
        ("grows", &|path| writable(path).set_len(SIZE as u64 + 1).unwrap(), "8192 bytes and has 8193"),
        ("is cut", &|path| writable(path).set_len(1).unwrap(), "8192 bytes and has 1)"),
        ("is emptied", &|path| fs::write(path, "").unwrap(), "8192 bytes and has 0)"),
        ("same size", &overwrite, "its mtime is another"),
        ("hidden", &hide, "its ctime is another"),
        ("mode", &|path| fs::set_permissions(path, Permissions::from_mode(0o705)).unwrap(), "is 0705"),
        ("replaced", &replace, "another file took its place"),
        ("by a link", &|path| swap(path, "elsewhere"), "another file took its place"),
        ("removed", &|path| fs::remove_file(path).unwrap(), "its path does not lead to it any more"),
        ("renamed", &|path| fs::rename(path, path.with_extension("x")).unwrap(), "any more, No such file"),
    ];
    for (name, meddle, what) in cases {
        folder.old("elsewhere", SIZE);
        let error = meddled(&folder.old(name, SIZE), meddle).unwrap_err();
        assert_eq!(error.code, Code::InputChanged, "{name}: {error}");
        for word in [what, name, "stop what writes to it"] {
            assert!(error.message.contains(word), "{name}: no {word:?} in {error}");
        }
    }
}

/// Puts a link in the place of a file.
fn swap(path: &Path, target: &str) {
    fs::remove_file(path).unwrap();
    symlink(target, path).unwrap();
}

#[test]
fn a_link_that_leads_elsewhere_afterwards_is_an_error() {
    let folder = Folder::new("link");
    folder.old("one", SIZE);
    folder.old("two", SIZE);
    let link = folder.0.join("link");
    symlink("one", &link).unwrap();
    assert_eq!(meddled(&link, &|_| ()).unwrap().len(), SIZE);
    assert_eq!(meddled(&link, &|link| swap(link, "one")).unwrap().len(), SIZE, "it leads to the same file");
    assert_eq!(meddled(&link, &|link| swap(link, "two")).unwrap_err().code, Code::InputChanged);
}

/// Readers, atime, and names are no change; nor is what happened before it was opened.
#[test]
fn what_does_not_change_a_file_is_no_error() {
    let folder = Folder::new("same");
    let path = folder.old("file", SIZE);
    fs::hard_link(&path, folder.0.join("before")).unwrap();
    overwrite(&path);
    writable(&path).set_times(FileTimes::new().set_accessed(UNIX_EPOCH).set_modified(UNIX_EPOCH)).unwrap();
    let atime = || fs::metadata(&path).map(|metadata| metadata.atime()).unwrap();
    assert_eq!(atime(), 0);
    let read = |path: &Path| assert_eq!(fs::read(path).unwrap().len(), SIZE);
    assert_eq!(meddled(&path, &read).unwrap().len(), SIZE);
    if atime() == 0 {
        crate::skip::limited("this file system has no atime");
    }
    let link = |path: &Path| fs::hard_link(path, path.with_extension("link")).unwrap();
    assert_eq!(meddled(&path, &link).unwrap().len(), SIZE);
    let beside = |path: &Path| fs::write(path.with_extension("beside"), "x").unwrap();
    assert_eq!(meddled(&path, &beside).unwrap().len(), SIZE);
    assert_eq!(meddled(&path, &|path| drop(writable(path))).unwrap()[..2], [b'x', 1]);
}

/// A read that asks for nothing is not at the end; what grows may have none.
#[test]
fn a_change_is_told_at_the_end() {
    let folder = Folder::new("end");
    let path = folder.old("file", SIZE);
    let mut file = open(&path).unwrap();
    overwrite(&path);
    assert_eq!(file.read(&mut []).unwrap(), 0);
    assert_eq!(file.read(&mut [0; SIZE]).unwrap(), SIZE);
    assert_eq!(because(&path, &file.read(&mut [0]).unwrap_err()).code, Code::InputChanged);
    let mut file = open(&path).unwrap();
    writable(&path).set_len(3 * SIZE as u64).unwrap();
    assert_eq!(file.read(&mut [0; SIZE]).unwrap(), SIZE);
    let error = file.read(&mut [0; SIZE]).unwrap_err();
    assert_eq!(because(&path, &error).code, Code::InputChanged, "beyond the end that it had");
}

/// Size 0 or a page and other bytes; inodes that are made when somebody looks; none of it is a change.
#[test]
fn files_of_the_kernel_are_read() {
    let paths = [
        "/proc/self/maps",
        "/proc/net/unix",
        "/proc/sys/kernel/ostype",
        "/proc/meminfo",
        "/sys/kernel/fscaps",
    ];
    for path in paths.map(Path::new) {
        if path.exists() {
            assert!(!whole(path).unwrap().is_empty(), "{}", path.display());
            let mut file = open(path).unwrap();
            assert!(file.read_to_end(&mut Vec::new()).unwrap() > 0, "{}", path.display());
        } else {
            crate::skip::limited(&format!("there is no {}", path.display()));
        }
    }
}

/// Also one that has no name any more, as shells make it of here-documents.
#[test]
fn open_files_are_read_by_their_numbers() {
    let folder = Folder::new("numbers");
    let path = folder.old("file", SIZE);
    let mut held = fs::File::options().read(true).write(true).open(&path).unwrap();
    fs::remove_file(&path).unwrap();
    held.seek(SeekFrom::End(0)).unwrap();
    for folder in ["/dev/fd", "/proc/self/fd"] {
        let path = PathBuf::from(format!("{folder}/{}", held.as_raw_fd()));
        assert_eq!(whole(&path).unwrap().len(), SIZE, "it is opened anew, at its start");
        assert_eq!(meddled(&path, &|_| ()).unwrap().len(), SIZE);
        let grow = |_: &Path| (&held).write_all(b"x").unwrap();
        assert_eq!(meddled(&path, &grow).unwrap_err().code, Code::InputChanged);
        held.set_len(SIZE as u64).unwrap();
    }
}

/// Memory that is used again holds nothing of a file that changed, and readers into memory ask too.
#[test]
fn readers_into_memory_ask_too() {
    let folder = Folder::new("memory");
    let path = folder.old("file", SIZE);
    let file = open(&path).unwrap();
    let mut bytes = Vec::new();
    read_program(&file, &path, &mut bytes).unwrap();
    assert_eq!(bytes, vec![1; SIZE]);
    let file = open(&path).unwrap();
    overwrite(&path);
    assert_eq!(read_program(&file, &path, &mut Vec::new()).unwrap_err().code, Code::InputChanged);
    assert_eq!(read_with(&path, |bytes| Ok(bytes.len())).unwrap(), SIZE);
}
