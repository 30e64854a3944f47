//! What outputs of a derivation hold, as it is stated and compared: every file, and each output as a whole.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::digest::{self, Digests, Each};
use crate::error::{Code, Error};
use crate::statement::is_file;
use crate::{input, nar};

/// A file at hand.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path in the output, after the output's name and a colon unless that is `out`; if it is not `named`, the path
    /// that it was found at.
    pub name: String,
    /// Whether `name` is its name in an output. If not, statements decide which of theirs it has.
    pub named: bool,
    /// What was computed of its bytes.
    pub digests: Digests,
}

/// What is at hand: outputs, and files alone.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// Every regular file of an output in byte order of the paths, and files alone as they were given.
    pub files: Vec<File>,
    /// SHA-256 and size in bytes of each output's NAR, by the output's name; none of files alone. Where it is known, a file
    /// that only others have is a difference too.
    pub archives: BTreeMap<String, ([u8; 32], u64)>,
}

impl Content {
    /// Outputs by their names. Each file is read once: its own digests and those of the archive are of the same bytes.
    ///
    /// # Errors
    /// One of the `input-…` codes if something cannot be read, changes while it is read, or is a file whose name is not
    /// UTF-8, which JSON cannot hold.
    pub fn of(outputs: &BTreeMap<String, PathBuf>) -> Result<Self, Error> {
        let mut archives = BTreeMap::new();
        let mut files = Files::default();
        for (output, root) in outputs {
            files.outputs.push((output, root));
            archives.insert(output.clone(), nar::observed(root, &mut files)?);
        }
        Ok(Self { files: files.finish(), archives })
    }

    /// What arguments name: an output by its directory, or a file. `NAME=` before it gives the output's name, which is
    /// `out` otherwise, or the name that the file has in an output. An argument that begins with `.` or `/` is a path, with
    /// whatever is in it. A link, as `nix build` leaves it, is followed.
    ///
    /// # Errors
    /// Those of each argument, files before outputs: `subject-invalid` for a name that no output or file has, or two
    /// outputs of one name; otherwise as [`Self::of`].
    pub fn given<'a>(arguments: impl IntoIterator<Item = &'a Path>) -> Result<Self, Vec<Error>> {
        let mut outputs = BTreeMap::new();
        let mut files = Vec::new();
        let mut take = |argument: &'a Path| {
            let (name, path) = split(argument)?;
            if path.is_dir() {
                let root = fs::canonicalize(path).map_err(|error| input::because(path, &error))?;
                let name = name.unwrap_or("out");
                is_output(name, argument)?;
                if let Some(other) = outputs.insert(name.to_owned(), root) {
                    return Err(invalid(
                        argument,
                        &format!("{} is the output {name} too; give them as NAME=DIRECTORY", other.display()),
                    ));
                }
                return Ok(());
            }
            let digests = digest::file(path).map_err(|error| renamed(error, argument))?;
            let shown = || path.to_string_lossy().into_owned();
            files.push(File { name: name.map_or_else(shown, str::to_owned), named: name.is_some(), digests });
            Ok(())
        };
        let mut errors: Vec<Error> =
            arguments.into_iter().filter_map(|argument| take(argument).err()).collect();
        let mut content = Self::default();
        for output in outputs {
            match Self::of(&BTreeMap::from([output])) {
                Ok(mut one) => {
                    content.files.append(&mut one.files);
                    content.archives.append(&mut one.archives);
                }
                Err(error) => errors.push(error),
            }
        }
        content.files.append(&mut files);
        if errors.is_empty() { Ok(content) } else { Err(errors) }
    }
}

/// The name before `=`, and the path.
fn split(argument: &Path) -> Result<(Option<&str>, &Path), Error> {
    let bytes = argument.as_os_str().as_bytes();
    let is_path = matches!(bytes.first(), Some(b'.' | b'/'));
    let Some(at) = bytes.iter().position(|byte| *byte == b'=').filter(|_| !is_path) else {
        return Ok((None, argument));
    };
    let (name, path) = (&bytes[..at], Path::new(OsStr::from_bytes(&bytes[at + 1..])));
    let name = std::str::from_utf8(name).map_err(|_| invalid(argument, "its name is not UTF-8"))?;
    if name.is_empty() || path.as_os_str().is_empty() {
        return Err(invalid(argument, "it lacks the name or the path: give NAME=FILE"));
    }
    if !is_file(name) {
        return Err(invalid(argument, "names that begin with nar: or drv: are no files'"));
    }
    Ok((Some(name), path))
}

/// Whether an output may be called so (nix, src/libstore/path.cc: what the end of a store path's name may be).
fn is_output(name: &str, argument: &Path) -> Result<(), Error> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._?".contains(&byte);
    if name.bytes().all(fits) && !["nar", "drv"].contains(&name) {
        return Ok(());
    }
    Err(invalid(argument, &format!("it is a directory, and no output of a derivation is called {name:?}")))
}

fn invalid(argument: &Path, why: &str) -> Error {
    Error::new(
        Code::SubjectInvalid,
        format!("{}: {why}; a path with = in it begins with ./ or /", argument.display()),
    )
}

/// What a missing file may have been meant as.
fn renamed(error: Error, argument: &Path) -> Error {
    let has_name =
        !argument.as_os_str().as_bytes().starts_with(b"/") && argument.as_os_str().as_bytes().contains(&b'=');
    if error.code != Code::InputMissing || !has_name || !argument.is_file() {
        return error;
    }
    Error::new(
        error.code,
        format!("{}; for the file {} give ./{}", error.message, argument.display(), argument.display()),
    )
}

/// Lists the regular files of outputs while these are hashed.
#[derive(Default)]
struct Files<'a> {
    /// Those whose files were listed, or are now.
    outputs: Vec<(&'a str, &'a Path)>,
    /// The number of its output and the path in it, of each file.
    names: Vec<(usize, String)>,
    digests: Each,
    /// What ends next is a file.
    in_file: bool,
}

impl Files<'_> {
    fn finish(self) -> Vec<File> {
        let mut files: Vec<_> = self.names.into_iter().zip(self.digests.finish()).collect();
        // An archive sorts each folder for itself.
        files.sort_unstable();
        let file = |((number, name), digests): ((usize, String), Digests)| {
            // What ends at a colon is an output's name, or `nar` or `drv`, wherever it is not behind another one.
            let plain = name.split('/').next().is_none_or(|first| !first.contains(':'));
            let name = match self.outputs[number - 1].0 {
                "out" if plain => name,
                output => format!("{output}:{name}"),
            };
            File { name, named: true, digests }
        };
        files.into_iter().map(file).collect()
    }
}

impl nar::Observer for Files<'_> {
    fn file(&mut self, path: &Path, _size: u64, _executable: bool) -> Result<(), Error> {
        let inside = self.outputs.last().and_then(|(_, root)| path.strip_prefix(root).ok());
        let inside = inside.filter(|inside| !inside.as_os_str().is_empty());
        let name = inside.unwrap_or(Path::new(path.file_name().unwrap_or_default()));
        let name = name.to_str().ok_or_else(|| {
            let message = format!("the name of {} is not UTF-8: a statement cannot hold it", path.display());
            Error::new(Code::InputUnreadable, message)
        })?;
        let name = if inside.is_some() { name } else { without_hash(name) };
        self.names.push((self.outputs.len(), name.to_owned()));
        self.in_file = true;
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.digests.update(bytes);
    }

    fn end(&mut self) {
        // Folders and links end too.
        if std::mem::take(&mut self.in_file) {
            self.digests.end();
        }
    }
}

/// The name of a store path without the hash before it, which says where the path is and not what it is: an output that
/// is a file itself is called the same wherever it lies.
pub(crate) fn without_hash(name: &str) -> &str {
    match name.split_once('-') {
        Some((hash, rest)) if hash.len() == 32 && hash.bytes().all(|b| b.is_ascii_alphanumeric()) => rest,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_listed_file_by_file_and_as_a_whole() {
        let folder = std::env::temp_dir().join(format!("sarsen-content-{}", std::process::id()));
        let dev = folder.join("dev");
        fs::create_dir_all(dev.join("include")).unwrap();
        fs::write(dev.join("include/a.h"), "a").unwrap();
        fs::write(dev.join("b"), "b").unwrap();
        std::os::unix::fs::symlink("b", dev.join("link")).unwrap();
        let out = folder.join("0123456789abcdfghijklmnpqrsvwxyz-a-tool.txt");
        fs::write(&out, "tool").unwrap();
        let content =
            Content::of(&BTreeMap::from([("dev".into(), dev.clone()), ("out".into(), out.clone())])).unwrap();
        let names: Vec<&str> = content.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["dev:b", "dev:include/a.h", "a-tool.txt"]);
        assert_eq!(content.files[2].digests, Digests::of(b"tool"));
        assert_eq!(content.archives["out"], nar::hash(&out).unwrap());
        assert_eq!(content.archives["dev"], nar::hash(&dev).unwrap());

        let link = folder.join("result");
        std::os::unix::fs::symlink(&dev, &link).unwrap();
        let given = |arguments: &[&Path]| Content::given(arguments.iter().copied());
        let whole = given(&[&link]).unwrap();
        assert_eq!(whole.archives["out"], content.archives["dev"]);
        assert_eq!(whole.files[1].name, "include/a.h");
        let alone = given(&[&out]).unwrap();
        assert!(alone.archives.is_empty() && alone.files[0].name == out.to_str().unwrap());
        assert!(!alone.files[0].named);
        let both = format!("dev={}", link.display());
        let both = given(&[Path::new(&both), &out, &link]).unwrap();
        let names: Vec<&str> = both.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["dev:b", "dev:include/a.h", "b", "include/a.h", out.to_str().unwrap()]);
        assert_eq!(both.archives["dev"], both.archives["out"]);
        let named = given(&[Path::new(&format!("bin/a={}", out.display()))]).unwrap();
        assert!(named.files[0].named && named.files[0].name == "bin/a");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn arguments_that_name_nothing_are_refused() {
        let folder = std::env::temp_dir().join(format!("sarsen-content-given-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let equals = folder.join("a=b");
        fs::write(&equals, "").unwrap();
        let place = folder.display();
        let given = |arguments: &[String]| Content::given(arguments.iter().map(Path::new));
        assert!(!given(&[equals.display().to_string()]).unwrap().files[0].named, "a path with = in it");
        for (arguments, code) in [
            (vec![format!("{place}/none")], Code::InputMissing),
            (vec![format!("nar:out={place}/a=b")], Code::SubjectInvalid),
            (vec![format!("drv:x={place}/a=b")], Code::SubjectInvalid),
            (vec![format!("={place}/a=b")], Code::SubjectInvalid),
            (vec!["a=".into()], Code::SubjectInvalid),
            (vec![format!("bin/a={place}")], Code::SubjectInvalid),
            (vec![format!("a:b={place}")], Code::SubjectInvalid),
            (vec![format!("nar={place}")], Code::SubjectInvalid),
            (vec![format!("drv={place}")], Code::SubjectInvalid),
            (vec![format!("{place}"), format!("out={place}")], Code::SubjectInvalid),
        ] {
            let codes: Vec<Code> = given(&arguments).unwrap_err().iter().map(|error| error.code).collect();
            assert_eq!(codes, [code], "{arguments:?}");
        }
        // What is wrong inside an output, behind what is wrong with each argument.
        let odd = folder.join(OsStr::from_bytes(b"out/\xff"));
        fs::create_dir_all(folder.join("out")).unwrap();
        fs::write(odd, "").unwrap();
        let all =
            [format!("{place}/out"), format!("{place}/none"), "a=".into(), equals.display().to_string()];
        let codes: Vec<Code> = given(&all).unwrap_err().iter().map(|error| error.code).collect();
        assert_eq!(codes, [Code::InputMissing, Code::SubjectInvalid, Code::InputUnreadable]);
        fs::remove_dir_all(&folder).unwrap();
    }

    /// `nar:out` of a folder is no whole output, and `dev:b` none of another output's files.
    #[test]
    fn no_file_takes_the_name_of_anything_else() {
        let folder = std::env::temp_dir().join(format!("sarsen-content-colons-{}", std::process::id()));
        let (out, dev) = (folder.join("out"), folder.join("dev"));
        for path in [out.join("share"), dev.clone()] {
            fs::create_dir_all(path).unwrap();
        }
        for path in ["out/nar:out", "out/dev:b", "out/share/A::B.3", "dev/b", "dev/nar:x"] {
            fs::write(folder.join(path), path).unwrap();
        }
        let content = Content::of(&BTreeMap::from([("dev".into(), dev), ("out".into(), out)])).unwrap();
        let names: Vec<&str> = content.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["dev:b", "dev:nar:x", "out:dev:b", "out:nar:out", "share/A::B.3"]);
        assert!(names.iter().all(|name| is_file(name)));
        fs::remove_dir_all(&folder).unwrap();
    }

    /// Byte order of whole paths, where `a-b` comes before `a/b`; links are not followed, large files are hashed too.
    #[test]
    fn files_are_in_the_order_of_their_paths() {
        let folder = std::env::temp_dir().join(format!("sarsen-content-order-{}", std::process::id()));
        fs::create_dir_all(folder.join("a")).unwrap();
        let large: Vec<u8> = (0..1_000_003).map(|n| (n % 251) as u8).collect();
        fs::write(folder.join("a/b"), &large).unwrap();
        fs::write(folder.join("a-b"), "").unwrap();
        std::os::unix::fs::symlink("/dev/zero", folder.join("a.link")).unwrap();
        let content = Content::of(&BTreeMap::from([("out".into(), folder.clone())])).unwrap();
        let files: Vec<_> = content.files.iter().map(|file| (file.name.as_str(), file.digests)).collect();
        assert_eq!(files, [("a-b", Digests::of(b"")), ("a/b", Digests::of(&large))]);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn only_names_of_files_must_be_utf8() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let folder = std::env::temp_dir().join(format!("sarsen-content-names-{}", std::process::id()));
        let odd = folder.join(OsStr::from_bytes(b"\xff"));
        fs::create_dir_all(&odd).unwrap();
        let outputs = BTreeMap::from([("out".to_owned(), folder.clone())]);
        assert!(Content::of(&outputs).unwrap().files.is_empty());
        fs::write(odd.join("file"), "").unwrap();
        let error = Content::of(&outputs).unwrap_err();
        assert_eq!(error.code, Code::InputUnreadable, "{error}");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn only_a_hash_before_a_name_is_left_out() {
        for (name, expected) in [
            ("0123456789abcdfghijklmnpqrsvwxyz-a-b", "a-b"),
            ("a-b", "a-b"),
            ("0123456789abcdfghijklmnpqrsvwxy-a", "0123456789abcdfghijklmnpqrsvwxy-a"),
            ("0123456789abcdfghijklmnpqrsvwxyz", "0123456789abcdfghijklmnpqrsvwxyz"),
        ] {
            assert_eq!(without_hash(name), expected);
        }
    }
}
