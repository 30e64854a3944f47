//! Why a path leads nowhere, as the kernel would say it and as people need it.

use std::fmt;
use std::path::PathBuf;

use crate::visible::shown;

/// An error number of the kernel (errno(3)): of a path lookup (path_resolution(7)), or of execve(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Errno {
    /// A component does not exist.
    ENOENT,
    /// A component before the last, or one followed by `/`, is not a directory.
    ENOTDIR,
    /// A directory where a file is to be placed.
    EISDIR,
    /// More than 40 links on the way (fs/namei.c, MAXSYMLINKS).
    ELOOP,
    /// A component of more than 255 bytes, or a path or link target of more than 4095.
    ENAMETOOLONG,
    /// Not permitted; of a lookup: this machine does not let us look into a folder.
    EACCES,
    /// Cannot be read; of a lookup: this machine failed to read a folder.
    EIO,
    /// Not permitted to this user.
    EPERM,
    /// No format that the kernel can execute.
    ENOEXEC,
    /// No memory, or no room in the address space.
    ENOMEM,
    /// An address that cannot be accessed.
    EFAULT,
    /// A value that makes no sense.
    EINVAL,
    /// A position in a file that is too large.
    EOVERFLOW,
    /// A program interpreter that the kernel cannot execute.
    ELIBBAD,
}

impl Errno {
    /// The name as in errno(3).
    pub const fn name(self) -> &'static str {
        match self {
            Errno::ENOENT => "ENOENT",
            Errno::ENOTDIR => "ENOTDIR",
            Errno::EISDIR => "EISDIR",
            Errno::ELOOP => "ELOOP",
            Errno::ENAMETOOLONG => "ENAMETOOLONG",
            Errno::EACCES => "EACCES",
            Errno::EIO => "EIO",
            Errno::EPERM => "EPERM",
            Errno::ENOEXEC => "ENOEXEC",
            Errno::ENOMEM => "ENOMEM",
            Errno::EFAULT => "EFAULT",
            Errno::EINVAL => "EINVAL",
            Errno::EOVERFLOW => "EOVERFLOW",
            Errno::ELIBBAD => "ELIBBAD",
        }
    }

    /// What strerror(3) says.
    pub const fn text(self) -> &'static str {
        match self {
            Errno::EPERM => "Operation not permitted",
            Errno::ENOENT => "No such file or directory",
            Errno::EIO => "Input/output error",
            Errno::ENOEXEC => "Exec format error",
            Errno::ENOMEM => "Cannot allocate memory",
            Errno::EACCES => "Permission denied",
            Errno::EFAULT => "Bad address",
            Errno::ENOTDIR => "Not a directory",
            Errno::EISDIR => "Is a directory",
            Errno::EINVAL => "Invalid argument",
            Errno::ENAMETOOLONG => "File name too long",
            Errno::ELOOP => "Too many levels of symbolic links",
            Errno::EOVERFLOW => "Value too large for defined data type",
            Errno::ELIBBAD => "Accessing a corrupted shared library",
        }
    }

    /// The number on arm64 and x86-64 Linux (include/uapi/asm-generic/errno-base.h, errno.h).
    pub const fn number(self) -> i32 {
        match self {
            Errno::EPERM => 1,
            Errno::ENOENT => 2,
            Errno::EIO => 5,
            Errno::ENOEXEC => 8,
            Errno::ENOMEM => 12,
            Errno::EACCES => 13,
            Errno::EFAULT => 14,
            Errno::ENOTDIR => 20,
            Errno::EISDIR => 21,
            Errno::EINVAL => 22,
            Errno::ENAMETOOLONG => 36,
            Errno::ELOOP => 40,
            Errno::EOVERFLOW => 75,
            Errno::ELIBBAD => 80,
        }
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where and why a path lookup ended. Displayed, it is a sentence for people without the error number:
/// `/lib/ld.so.1 -> ../x/ld.so: there is no /x/ld.so`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The component at which the lookup ended: an absolute path of the image whose folder has no links.
    pub path: PathBuf,
    /// What the kernel would answer.
    pub errno: Errno,
    /// The links that were followed until then, each with its target as written.
    pub links: Vec<(PathBuf, PathBuf)>,
    /// What this machine said, for [`Errno::EACCES`] and [`Errno::EIO`].
    pub cause: Option<String>,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// More links than these are not named one by one.
        const NAMED: usize = 4;
        for (link, target) in self.links.iter().take(NAMED) {
            write!(f, "{} -> {}: ", shown(link), shown(target))?;
        }
        if self.links.len() > NAMED {
            write!(f, "and {} links more: ", self.links.len() - NAMED)?;
        }
        let path = shown(&self.path);
        match self.errno {
            Errno::ENOENT if path.is_empty() => write!(f, "an empty path leads nowhere"),
            Errno::ENOENT => write!(f, "there is no {path}"),
            Errno::ENOTDIR => write!(f, "{path} is not a directory"),
            Errno::EISDIR => write!(f, "{path} is a directory"),
            Errno::ELOOP => write!(f, "{path} is one link too many, 40 are followed: do they form a loop?"),
            Errno::ENAMETOOLONG => {
                let (size, limit) = match self.path.file_name().map(std::ffi::OsStr::len) {
                    Some(size) if size > 255 => (size, "255 of a name"),
                    _ => (self.path.as_os_str().len(), "4095 of a path"),
                };
                write!(
                    f,
                    "{}… has {size} bytes, the limit is {limit}",
                    path.chars().take(40).collect::<String>()
                )
            }
            _ => {
                write!(f, "{path} cannot be looked at on this machine")?;
                self.cause.as_ref().map_or(Ok(()), |cause| write!(f, " ({cause})"))
            }
        }
    }
}

impl std::error::Error for Obstacle {}
