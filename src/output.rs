//! Writes files so that a crash, a full disk or a second writer never leaves half a file under the wanted name.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::error::{Code, Error};
use crate::input;

/// How much of a file is looked through for a private key, in bytes: no key's text is near it.
pub const KEY_FILE: usize = 64 << 10;

/// Puts `bytes` at `path` with the permission bits of `mode` (0o777; set-id and sticky bits are not taken over, because
/// the file belongs to whoever writes it). What was there is replaced in one step; a symbolic link is replaced itself,
/// its target stays.
///
/// The bytes are written to a new file in the same directory and synchronised, then renamed, then the directory is
/// synchronised (rename(2), fsync(2)): whoever opens `path`, even after a power cut, finds the old file or the new one.
///
/// # Errors
/// `output-exists` if a private key is there; `output-directory` or `output-special` if `path` is a directory, a device, a
/// FIFO or a socket; `output-missing` if its directory does not exist; `output-failed` for everything else, such as no
/// permission or no space. The temporary file is removed.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error> {
    replace_if(path, bytes, mode, || Ok(()))
}

/// The same, if `still` finds nothing wrong once everything is written and only the renaming is left.
///
/// # Errors
/// Those of [`replace`] and of `still`: then `path` is as it was.
pub fn replace_if(
    path: &Path,
    bytes: &[u8],
    mode: u32,
    still: impl FnOnce() -> Result<(), Error>,
) -> Result<(), Error> {
    let name = path.display();
    let Some(file_name) = path.file_name() else {
        return Err(directory(path));
    };
    match fs::symlink_metadata(path).map(|metadata| metadata.file_type()) {
        Ok(kind) if kind.is_dir() => return Err(directory(path)),
        Ok(kind) if kind.is_fifo() || kind.is_socket() || kind.is_block_device() || kind.is_char_device() => {
            return Err(Error::new(
                Code::OutputSpecial,
                format!("{name} is no regular file, and would be replaced by one: name another output"),
            ));
        }
        Ok(_) if holds_private_key(path) => {
            return Err(Error::new(
                Code::OutputExists,
                format!(
                    "{name} holds a private key, and a key that is replaced is lost: name another output"
                ),
            ));
        }
        // Absent, or an error that creating the temporary file will meet as well and explain.
        _ => {}
    }
    let folder = folder(path);
    if !folder.is_dir() {
        return Err(Error::new(
            Code::OutputMissing,
            format!("there is no directory {} for the output {name}: create it first", folder.display()),
        ));
    }
    let failed = |what: &str, error: &io::Error| {
        Error::new(
            Code::OutputFailed,
            format!(
                "{name} cannot be written: {what} in {} failed ({error}); check permission and free space",
                folder.display()
            ),
        )
    };
    let (mut file, temporary) =
        temporary(folder, file_name).map_err(|error| failed("creating a temporary file", &error))?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.set_permissions(Permissions::from_mode(mode & 0o777)))
        .and_then(|()| file.sync_all());
    let failed_to_write = |error: io::Error| failed("writing", &error);
    let renamed = written
        .map_err(failed_to_write)
        .and_then(|()| still())
        .and_then(|()| fs::rename(&temporary, path).map_err(failed_to_write));
    if let Err(error) = renamed {
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| failed("synchronising the directory", &error))
}

/// Puts `bytes` into a new file at `path` with the permission bits of `mode`, under its final name from the start: no
/// temporary file ever holds them, and nothing that exists is opened, followed or replaced (O_EXCL, open(2)). After a power
/// cut the file may be there and incomplete.
///
/// # Errors
/// `output-exists` if anything has that name, a link included; `output-missing`, `output-failed` as [`replace`]. What was
/// written of it is removed.
pub fn create(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error> {
    let name = path.display();
    let failed = |error: &io::Error| {
        let why = format!("{name} cannot be written ({error}); check permission and free space");
        Error::new(Code::OutputFailed, why)
    };
    let mut file = match OpenOptions::new().write(true).create_new(true).mode(mode & 0o777).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Error::new(
                Code::OutputExists,
                format!("{name} exists, and a key that is replaced is lost: name a file that does not exist"),
            ));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(no_directory(path));
        }
        Err(error) => return Err(failed(&error)),
    };
    if let Err(error) = file.write_all(bytes).and_then(|()| file.sync_all()) {
        let _ = fs::remove_file(path);
        return Err(failed(&error));
    }
    File::open(folder(path)).and_then(|folder| folder.sync_all()).map_err(|error| failed(&error))
}

/// Whether something in PEM that ends in `PRIVATE KEY` is at the beginning of a file, where keys have it: RFC 7468 and all
/// older forms. Who may not read it is not told. That it changes meanwhile makes it no less of a key.
fn holds_private_key(path: &Path) -> bool {
    let mut beginning = Zeroizing::new(Vec::with_capacity(KEY_FILE));
    let read = input::open(path).map(|file| file.file().take(KEY_FILE as u64).read_to_end(&mut beginning));
    let begins = |line: &[u8]| line.starts_with(b"-----BEGIN ") && line.ends_with(b"PRIVATE KEY-----");
    matches!(read, Ok(Ok(_))) && beginning.split(|byte| *byte == b'\n').any(|line| begins(line.trim_ascii()))
}

/// The error for an output whose directory is not there.
pub fn no_directory(path: &Path) -> Error {
    let message = format!("there is no directory for the output {}: create it first", path.display());
    Error::new(Code::OutputMissing, message)
}

/// The directory that a path is in.
pub fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// An error if writing to `output` would replace one of `inputs`, under whatever name.
///
/// # Errors
/// `output-same`.
pub fn is_not_input<'a>(output: &Path, inputs: impl IntoIterator<Item = &'a Path>) -> Result<(), Error> {
    let file = |path: &Path| fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino())).ok();
    let Some(known) = file(output) else { return Ok(()) };
    match inputs.into_iter().find(|input| file(input) == Some(known)) {
        Some(input) => Err(Error::new(
            Code::OutputSame,
            format!("{} and {} are the same file: name another output", input.display(), output.display()),
        )),
        None => Ok(()),
    }
}

fn directory(path: &Path) -> Error {
    Error::new(
        Code::OutputDirectory,
        format!("the output {} is a directory: name the file to write in it", path.display()),
    )
}

/// A new file beside the wanted one, readable by nobody else until it is complete. O_EXCL follows no link that somebody
/// has put in its place (open(2)).
fn temporary(folder: &Path, file_name: &std::ffi::OsStr) -> io::Result<(File, PathBuf)> {
    let mut number = 0;
    loop {
        // The wanted name may have the longest length there is, so only its beginning is taken.
        let beginning: String = file_name.to_string_lossy().chars().take(40).collect();
        let path = folder.join(format!(".{beginning}.{}-{number}.tmp", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 100 => number += 1,
            result => return result.map(|file| (file, path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::DirBuilder;
    use std::os::unix::fs::symlink;

    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("sarsen-output-{name}-{}", std::process::id()));
            DirBuilder::new().recursive(true).create(&path).unwrap();
            Self(path)
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            let mut names: Vec<String> =
                entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::set_permissions(&self.0, Permissions::from_mode(0o700));
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_file_is_made_and_replaced_with_its_mode() {
        let folder = Folder::new("made");
        let path = folder.0.join("file");
        replace(&path, b"first", 0o4755).unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"first".to_vec(), 0o755));
        let open = File::open(&path).unwrap();
        replace(&path, b"second", 0o640).unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"second".to_vec(), 0o640));
        assert_eq!(io::read_to_string(open).unwrap(), "first", "who has the old file open keeps it");
        assert_eq!(folder.names(), ["file"], "no temporary file is left");
    }

    #[test]
    fn what_is_called_off_leaves_the_old_file() {
        let folder = Folder::new("off");
        let path = folder.0.join("file");
        fs::write(&path, "old").unwrap();
        let names = || folder.names().len();
        let off = || {
            assert_eq!(names(), 2, "everything else is done");
            Err(Error::new(Code::InputChanged, "changed"))
        };
        assert_eq!(replace_if(&path, b"new", 0o644, off).unwrap_err().code, Code::InputChanged);
        assert_eq!((fs::read_to_string(&path).unwrap(), names()), ("old".into(), 1));
        replace_if(&path, b"new", 0o644, || Ok(())).unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap(), names()), ("new".into(), 1));
    }

    #[test]
    fn a_link_is_replaced_and_its_target_stays() {
        let folder = Folder::new("link");
        let (target, link) = (folder.0.join("target"), folder.0.join("link"));
        fs::write(&target, "kept").unwrap();
        symlink(&target, &link).unwrap();
        replace(&link, b"new", 0o644).unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "kept");
        assert_eq!(fs::read_to_string(&link).unwrap(), "new");
        assert!(!link.is_symlink());
    }

    #[test]
    fn what_cannot_be_a_file_is_refused_and_left_alone() {
        let folder = Folder::new("refused");
        let socket = folder.0.join("socket");
        let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for (path, code) in [
            (folder.0.clone(), Code::OutputDirectory),
            (folder.0.join(".."), Code::OutputDirectory),
            (PathBuf::from("/dev/null"), Code::OutputSpecial),
            (socket.clone(), Code::OutputSpecial),
            (folder.0.join("absent/file"), Code::OutputMissing),
            (folder.0.join("socket/file"), Code::OutputMissing),
            (folder.0.join("n".repeat(300)), Code::OutputFailed),
        ] {
            let error = replace(&path, b"bytes", 0o644).unwrap_err();
            assert_eq!(error.code, code, "{error}");
            assert!(error.message.contains(path.to_str().unwrap()), "{error}");
        }
        drop(listener);
        assert_eq!(folder.names(), ["socket"], "no temporary file is left");
    }

    #[test]
    fn a_directory_without_permission_is_an_error() {
        let folder = Folder::new("permission");
        fs::set_permissions(&folder.0, Permissions::from_mode(0o500)).unwrap();
        if File::create(folder.0.join("probe")).is_ok() {
            crate::skip::limited("this user may write everywhere (root)");
            return;
        }
        let error = replace(&folder.0.join("file"), b"bytes", 0o644).unwrap_err();
        assert_eq!(error.code, Code::OutputFailed, "{error}");
    }

    #[test]
    fn a_new_file_replaces_nothing() {
        let folder = Folder::new("create");
        let (path, link) = (folder.0.join("key"), folder.0.join("link"));
        create(&path, b"first", 0o600).unwrap();
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"first".to_vec(), 0o600));
        symlink(folder.0.join("absent"), &link).unwrap();
        for (taken, code) in [
            (path.clone(), Code::OutputExists),
            (link, Code::OutputExists),
            (folder.0.clone(), Code::OutputExists),
            (folder.0.join("absent/key"), Code::OutputMissing),
            (folder.0.join("n".repeat(300)), Code::OutputFailed),
        ] {
            let error = create(&taken, b"second", 0o600).unwrap_err();
            assert_eq!(error.code, code, "{error}");
        }
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(folder.names(), ["key", "link"]);
    }

    #[test]
    fn a_private_key_is_never_replaced() {
        let folder = Folder::new("key");
        let path = folder.0.join("key");
        for (text, expected) in [
            ("identity: a\n-----BEGIN PRIVATE KEY-----\nAA==\n", Some(Code::OutputExists)),
            ("-----BEGIN EC PARAMETERS-----\n-----BEGIN EC PRIVATE KEY-----\r\n", Some(Code::OutputExists)),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----", Some(Code::OutputExists)),
            ("-----BEGIN PUBLIC KEY-----\n", None),
            ("text about -----BEGIN PRIVATE KEY-----\n", None),
        ] {
            fs::write(&path, text).unwrap();
            assert_eq!(replace(&path, b"new", 0o644).err().map(|error| error.code), expected, "{text}");
            let kept = fs::read_to_string(&path).unwrap();
            assert_eq!(kept, if expected.is_some() { text } else { "new" });
        }
    }

    #[test]
    fn an_input_is_known_under_every_name() {
        let folder = Folder::new("same");
        let [file, link, other] = ["file", "link", "other"].map(|name| folder.0.join(name));
        fs::write(&file, "").unwrap();
        fs::hard_link(&file, &link).unwrap();
        let error = is_not_input(&link, [other.as_path(), &file]).unwrap_err();
        assert_eq!(error.code, Code::OutputSame);
        is_not_input(&other, [file.as_path(), &other]).unwrap();
        fs::write(&other, "").unwrap();
        is_not_input(&other, [file.as_path(), &link]).unwrap();
    }

    /// Even root may not create files below /proc.
    #[test]
    fn a_read_only_file_system_is_an_error() {
        let error = replace(Path::new("/proc/self/file"), b"bytes", 0o644).unwrap_err();
        assert_eq!(error.code, Code::OutputFailed, "{error}");
    }
}
