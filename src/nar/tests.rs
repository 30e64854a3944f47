use std::fs::{self, File};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::UNIX_EPOCH;

use super::archive::BLOCK;
use super::*;
use crate::digest::{hex, sha256};
use crate::error::Code;
use crate::input::Opened;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sarsen-nar-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Numbers and texts of an archive, laid out by hand.
fn archive(texts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for text in texts {
        bytes.extend((text.len() as u64).to_le_bytes());
        bytes.extend(*text);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
    }
    bytes
}

#[test]
fn an_archive_is_laid_out_as_the_manual_says() {
    let folder = Folder::new("layout");
    fs::write(folder.0.join("b"), "hello").unwrap();
    fs::write(folder.0.join("a"), "12345678").unwrap();
    fs::set_permissions(folder.0.join("a"), PermissionsExt::from_mode(0o744)).unwrap();
    symlink("../there", folder.0.join("B")).unwrap();
    fs::create_dir(folder.0.join("c")).unwrap();
    #[rustfmt::skip]
    let expected = archive(&[
        b"nix-archive-1", b"(", b"type", b"directory",
        b"entry", b"(", b"name", b"B", b"node", b"(", b"type", b"symlink", b"target", b"../there", b")", b")",
        b"entry", b"(", b"name", b"a", b"node",
        b"(", b"type", b"regular", b"executable", b"", b"contents", b"12345678", b")", b")",
        b"entry", b"(", b"name", b"b", b"node", b"(", b"type", b"regular", b"contents", b"hello", b")", b")",
        b"entry", b"(", b"name", b"c", b"node", b"(", b"type", b"directory", b")", b")",
        b")",
    ]);
    assert_eq!(hash(&folder.0).unwrap(), (sha256(&expected), expected.len() as u64));
    assert_eq!(sri(&sha256(b"abc")), "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}

/// Writes down what it is told.
#[derive(Default)]
struct Told {
    root: PathBuf,
    lines: Vec<String>,
    archive: Vec<u8>,
}

impl Told {
    fn line(&mut self, what: &str, path: &Path, more: &str) {
        let path = path.strip_prefix(&self.root).unwrap().display();
        self.lines.push(format!("{what} {path}{more}"));
    }
}

impl Observer for Told {
    fn folder(&mut self, path: &Path) {
        self.line("folder", path, "");
    }

    fn link(&mut self, path: &Path, target: &[u8]) {
        self.line("link", path, &format!(" {}", String::from_utf8_lossy(target)));
    }

    fn file(&mut self, path: &Path, size: u64, executable: bool) -> Result<(), Error> {
        self.line("file", path, &format!(" {size} {executable}"));
        if path.ends_with("unwanted") {
            return Err(Error::new(Code::InputEmpty, "unwanted"));
        }
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.lines.push(String::from_utf8_lossy(bytes).into_owned());
    }

    fn end(&mut self) {
        self.lines.push("end".to_owned());
    }

    fn archive(&mut self, bytes: &[u8]) {
        self.archive.extend(bytes);
    }
}

#[test]
fn an_observer_is_told_everything_in_order() {
    let folder = Folder::new("told");
    fs::create_dir(folder.0.join("b")).unwrap();
    fs::write(folder.0.join("b/in"), "inner").unwrap();
    fs::write(folder.0.join("a"), "").unwrap();
    fs::set_permissions(folder.0.join("a"), PermissionsExt::from_mode(0o755)).unwrap();
    symlink("b/in", folder.0.join("c")).unwrap();
    let mut told = Told { root: folder.0.clone(), ..Told::default() };
    let hashed = observed(&folder.0, &mut told).unwrap();
    let expected = [
        "folder ",
        "file a 0 true",
        "end",
        "folder b",
        "file b/in 5 false",
        "inner",
        "end",
        "end",
        "link c b/in",
        "end",
        "end",
    ];
    assert_eq!(told.lines, expected);
    assert_eq!(hashed, (sha256(&told.archive), told.archive.len() as u64));
    assert_eq!(hashed, hash(&folder.0).unwrap());
    fs::write(folder.0.join("unwanted"), "").unwrap();
    assert_eq!(observed(&folder.0, &mut told).unwrap_err().code, Code::InputEmpty);
}

/// Does something to a file when its first bytes have been read, or before.
struct Meddles<F: FnMut(&Path)> {
    meddle: F,
    early: bool,
    path: Option<PathBuf>,
}

impl<F: FnMut(&Path)> Observer for Meddles<F> {
    fn folder(&mut self, path: &Path) {
        if self.early {
            (self.meddle)(&path.join("file"));
        }
    }

    fn file(&mut self, path: &Path, _: u64, _: bool) -> Result<(), Error> {
        self.path = Some(path.to_owned()).filter(|_| !self.early);
        Ok(())
    }

    fn bytes(&mut self, _: &[u8]) {
        if let Some(path) = self.path.take() {
            (self.meddle)(&path);
        }
    }
}

/// What comes of a file of two blocks in a folder, to which somebody does `meddle`.
fn meddled(early: bool, meddle: impl FnMut(&Path)) -> Result<([u8; 32], u64), Error> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let folder = Folder::new(&format!("meddled-{}", COUNT.fetch_add(1, Ordering::Relaxed)));
    let tree = folder.0.join("tree");
    fs::create_dir(&tree).unwrap();
    let path = tree.join("file");
    fs::write(&path, vec![1; 2 * BLOCK]).unwrap();
    // Long ago: what happens now has another time, however coarse the clock is.
    File::options().write(true).open(&path).unwrap().set_modified(UNIX_EPOCH).unwrap();
    observed(&tree, &mut Meddles { meddle, early, path: None })
}

#[test]
fn a_file_that_somebody_writes_to_has_no_hash() {
    let open = |path: &Path| File::options().write(true).open(path).unwrap();
    let append = |path: &Path| File::options().append(true).open(path).unwrap().write_all(b"x").unwrap();
    let overwrite = |path: &Path| open(path).write_all(b"x").unwrap();
    let cut = |path: &Path| open(path).set_len(1).unwrap();
    let chmod = |path: &Path| fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
    // Only the time of the change itself tells, which nobody can set; it moves with the ticks of a clock.
    let hide = |path: &Path| {
        let time = |path: &Path| fs::metadata(path).map(|m| (m.ctime(), m.ctime_nsec())).unwrap();
        let before = time(path);
        while time(path) == before {
            open(path).write_all(b"x").unwrap();
            open(path).set_modified(UNIX_EPOCH).unwrap();
        }
    };
    let meddlers: [&dyn Fn(&Path); 5] = [&append, &overwrite, &cut, &chmod, &hide];
    for (number, meddle) in meddlers.into_iter().enumerate() {
        let error = meddled(false, meddle).unwrap_err();
        assert_eq!(error.code, Code::InputChanged, "{number}: {error}");
    }
}

/// Another name for the same file, as Nix makes it of files that are alike, is no change; nor is a change before it is
/// the file's turn.
#[test]
fn what_does_not_change_a_file_is_no_error() {
    let quiet = meddled(false, |_| {}).unwrap();
    let link = |path: &Path| fs::hard_link(path, path.parent().unwrap().with_extension("link")).unwrap();
    assert_eq!(meddled(false, link).unwrap(), quiet);
    // So is the same file under that name, which Nix then renames.
    let optimise = |path: &Path| {
        let other = path.parent().unwrap().with_extension("other");
        fs::copy(path, &other).unwrap();
        fs::rename(other, path).unwrap();
    };
    assert_eq!(meddled(false, optimise).unwrap(), quiet);
    let overwrite = |path: &Path| fs::write(path, vec![2; 2 * BLOCK]).unwrap();
    assert_ne!(meddled(true, overwrite).unwrap().0, quiet.0);
    let replace = |path: &Path| {
        fs::remove_file(path).unwrap();
        symlink("/dev/zero", path).unwrap();
    };
    assert!(meddled(true, replace).unwrap().1 < BLOCK as u64, "a link was followed");
}

#[test]
fn what_took_the_place_of_a_file_is_not_read() {
    let folder = Folder::new("replaced");
    let (file, other) = (folder.0.join("file"), folder.0.join("other"));
    fs::write(&file, "1").unwrap();
    fs::write(&other, "2").unwrap();
    let found = fs::symlink_metadata(&file).unwrap();
    assert!(Opened::found(&file, &found).is_ok());
    let link = folder.0.join("link");
    symlink("file", &link).unwrap();
    let fifo = folder.0.join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    // A link is not opened at all.
    for (path, code) in
        [(other, Code::InputChanged), (link, Code::InputUnreadable), (fifo, Code::InputChanged)]
    {
        let error = Opened::found(&path, &found).unwrap_err();
        assert_eq!(error.code, code, "{}: {error}", path.display());
    }
}

#[test]
fn what_no_archive_holds_is_refused_without_waiting() {
    let folder = Folder::new("special");
    let socket = folder.0.join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    let fifo = folder.0.join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    for (path, code) in [
        (socket.as_path(), Code::InputSpecial),
        (&fifo, Code::InputSpecial),
        (&folder.0, Code::InputSpecial),
        (Path::new("/dev/null"), Code::InputSpecial),
        (&folder.0.join("absent"), Code::InputMissing),
        // It says 0 bytes and has some.
        (Path::new("/proc/self/status"), Code::InputUnreadable),
    ] {
        let error = hash(path).unwrap_err();
        assert_eq!(error.code, code, "{}: {error}", path.display());
    }
}

/// As deep as a path can name it (PATH_MAX).
#[test]
fn a_deep_tree_is_no_danger() {
    let folder = Folder::new("deep");
    let depth = (4090 - folder.0.as_os_str().len()) / 2;
    fs::create_dir_all(folder.0.join("d/".repeat(depth))).unwrap();
    let inner = archive(&[b"(", b"type", b"directory", b")"]).len();
    let entry = archive(&[b"entry", b"(", b"name", b"d", b"node", b")"]).len();
    let size = archive(&[b"nix-archive-1"]).len() + (depth + 1) * inner + depth * entry;
    assert_eq!(hash(&folder.0).unwrap().1, size as u64);
}

/// What Nix says of trees with every kind of member: sizes around a word and a block, names in an order that is not that
/// of letters, not UTF-8, and links that lead nowhere.
#[test]
fn nix_says_the_same() {
    let folder = Folder::new("nix");
    let tree = folder.0.join("tree");
    fs::create_dir_all(tree.join("deep/er/still")).unwrap();
    fs::create_dir(tree.join("empty")).unwrap();
    for size in [0, 1, 7, 8, 9, BLOCK - 1, BLOCK, 2 * BLOCK + 3] {
        let path = tree.join(format!("deep/size{size}"));
        fs::write(&path, vec![size as u8; size]).unwrap();
        // Each of the other bits alone, then all.
        let mode = [0o600, 0o611, 0o700, 0o755][size % 4];
        fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
    }
    for name in [&b"a.b"[..], b"a-b", b"a", b"A", b"\xff\xfe", b"a b", "\u{e9}".as_bytes()] {
        fs::write(tree.join(std::ffi::OsStr::from_bytes(name)), name).unwrap();
    }
    symlink("nowhere", tree.join("deep/er/link")).unwrap();
    symlink(&tree, tree.join("deep/er/still/loop")).unwrap();
    for path in
        [tree.clone(), tree.join("deep/er/link"), tree.join("a"), tree.join("deep/size8"), tree.join("empty")]
    {
        let Ok(output) = Command::new("nix-store").arg("--dump").arg(&path).output() else {
            crate::skip::skip("there is no nix-store");
            return;
        };
        if !output.status.success() {
            crate::skip::skip(&format!(
                "nix-store does not run here: {}",
                String::from_utf8_lossy(&output.stderr)
            ));
            return;
        }
        let (digest, size) = hash(&path).unwrap();
        assert_eq!(size, output.stdout.len() as u64, "{}", path.display());
        assert_eq!(hex(&digest), hex(&sha256(&output.stdout)), "{}", path.display());
        let arguments = ["--extra-experimental-features", "nix-command", "hash", "path"];
        let output = Command::new("nix").args(arguments).arg(&path).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), sri(&digest), "{}", path.display());
    }
}
