//! Judges ELF files against the device they are meant for.
//!
//! Data flows one way: [`input`] yields bytes, [`elf`] turns them into facts, [`start`] runs start code in a small
//! emulator, [`rules`] judge facts by a [`profile`], [`report`] renders the verdicts. [`rootfs`] is the file tree
//! of a device: a directory, an initramfs or a tar. [`cli`] only joins them.

pub mod attest;
pub mod check;
pub mod cli;
pub mod clock;
pub mod configuration;
pub mod content;
pub mod digest;
pub mod elf;
pub mod envelope;
pub mod error;
pub mod exit;
pub mod explain;
pub mod input;
pub mod isa;
pub mod json;
pub mod key;
pub mod loader;
pub mod nar;
pub mod output;
pub mod parallel;
pub mod profile;
pub mod rebuild;
pub mod report;
pub mod rootfs;
pub mod rules;
#[cfg(test)]
mod schema;
pub mod signer;
#[cfg(test)]
mod skip;
pub mod slim;
pub mod start;
pub mod statement;
pub mod strict;
pub mod texts;
mod visible;
