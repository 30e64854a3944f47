//! An archive as a tree: its index in memory, its contents where they are.

use std::borrow::Cow;
use std::fs::File;

use super::Sort;
use super::index::Index;
use crate::error::{Code, Error};

/// The most bytes to which an archive may unpack: 4 GiB.
pub const LIMIT: u64 = 4 << 30;

/// An indexed archive.
#[derive(Debug)]
pub(super) struct Archive {
    pub(super) index: Index,
}

pub(super) fn sort_of(_file: &File, _name: &str) -> Result<Option<Sort>, Error> {
    Ok(None)
}

impl Archive {
    pub(super) fn from_file(_file: File, name: &str) -> Result<Self, Error> {
        Err(Error::new(Code::ImageUnsupported, format!("{name} is an archive: not read yet")))
    }

    pub(super) fn from_bytes(_bytes: Vec<u8>, name: &str) -> Result<Self, Error> {
        Err(Error::new(Code::ImageUnsupported, format!("{name} is an archive: not read yet")))
    }

    pub(super) fn read(&self, _source: usize, _offset: u64, _size: usize) -> Result<Cow<'_, [u8]>, Error> {
        Err(Error::new(Code::ImageUnsupported, "not read yet"))
    }
}
