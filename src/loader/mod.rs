//! What execve(2) and then the program's dynamic loader would do with a file of a root file system, step by step.
//!
//! [`exec`] is the kernel's part, [`dynamic`] that of musl's and glibc's loaders. Both parts tell their [`Step`]s as strace(1) would show them, and end with a [`Cause`]
//! where the program does not start.

use std::fmt;

use crate::rootfs::Errno;

pub mod dynamic;
pub mod exec;

/// One thing that the kernel or the loader does: a system call, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is done, as strace shows it where it is a system call: `openat(AT_FDCWD, "/lib/libc.so",
    /// O_RDONLY|O_CLOEXEC)`. What the kernel does inside execve starts with a verb: `open /lib/ld-musl-aarch64.so.1`.
    pub call: String,
    /// What comes of it: `= 3`, `= -1 ENOENT`, `ok`.
    pub result: String,
    /// What a reader would ask: which search rule named this path, which link was followed.
    pub why: Option<String>,
}

impl Step {
    /// A step that needs no further word.
    pub fn new(call: impl Into<String>, result: impl Into<String>) -> Self {
        Self { call: call.into(), result: result.into(), why: None }
    }

    /// The step with the answer to "why".
    #[must_use]
    pub fn because(self, why: impl Into<String>) -> Self {
        Self { why: Some(why.into()), ..self }
    }
}

/// How the attempt to start a program ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The program's own code runs.
    Starts,
    /// execve(2) fails with this error number, and the caller lives on.
    Errno(Errno),
    /// The process is killed by this signal.
    Signal(Signal),
    /// The loader or the C library gives up: it prints a message and exits.
    Exit {
        /// The exit status: 127 of both dynamic loaders.
        status: u8,
        /// What is printed to standard error.
        says: String,
    },
}

/// A signal that ends a process; signal(7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "signal(7) is their documentation")]
pub enum Signal {
    SIGILL,
    SIGTRAP,
    SIGABRT,
    SIGBUS,
    SIGKILL,
    SIGSEGV,
}

impl Signal {
    /// The name as in signal(7).
    pub const fn name(self) -> &'static str {
        match self {
            Self::SIGILL => "SIGILL",
            Self::SIGTRAP => "SIGTRAP",
            Self::SIGABRT => "SIGABRT",
            Self::SIGBUS => "SIGBUS",
            Self::SIGKILL => "SIGKILL",
            Self::SIGSEGV => "SIGSEGV",
        }
    }

    /// The number on arm64 and x86-64 Linux (include/uapi/asm-generic/signal.h).
    pub const fn number(self) -> i32 {
        match self {
            Self::SIGILL => 4,
            Self::SIGTRAP => 5,
            Self::SIGABRT => 6,
            Self::SIGBUS => 7,
            Self::SIGKILL => 9,
            Self::SIGSEGV => 11,
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a program does not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The stable name of the kind of cause, in kebab case: `interpreter-missing`.
    pub id: &'static str,
    /// How it ends; never [`End::Starts`].
    pub end: End,
    /// File and function that decide: `Linux fs/binfmt_elf.c, load_elf_binary`.
    pub source: &'static str,
    /// What was seen in the file or the tree, as a fragment.
    pub evidence: String,
    /// The shortest way out, as a fragment.
    pub fix: String,
}
