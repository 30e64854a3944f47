//! What rustc and cargo-auditable leave in a program.

use std::io::Read;

use flate2::read::ZlibDecoder;
use memchr::memmem;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Image;

/// The most bytes of a dependency list that are unpacked. A list has some 100 bytes for each package.
const LIMIT: u64 = 16 << 20;

#[derive(Deserialize)]
struct Dependencies {
    packages: Vec<IgnoredAny>,
}

impl Image<'_> {
    /// Code that rustc compiled is inside: `.comment` says so, or a panic message names a source file of the standard
    /// library. Programs that were built without panic messages are not seen.
    pub fn is_rust(&self) -> bool {
        let names = |text: &[u8]| memmem::find(self.bytes.all(), text).is_some();
        self.section_bytes(".comment")
            .is_some_and(|comment| memmem::find(comment, b"rustc version").is_some())
            || names(b"library/core/src/")
            || names(b"library/std/src/")
    }

    /// How many packages the list of cargo-auditable names: the section `.dep-v0`, JSON in zlib's format. None if there
    /// is no such section.
    ///
    /// # Errors
    /// A fragment that says why it cannot be read.
    pub fn rust_dependencies(&self) -> Option<Result<usize, String>> {
        Some(packages(self.section_bytes(".dep-v0")?))
    }
}

fn packages(section: &[u8]) -> Result<usize, String> {
    let mut json = Vec::new();
    let unpacked = ZlibDecoder::new(section).take(LIMIT).read_to_end(&mut json);
    unpacked.map_err(|why| format!("it is not packed as zlib does ({why})"))?;
    let list: Dependencies =
        serde_json::from_slice(&json).map_err(|why| format!("its JSON is damaged ({why})"))?;
    Ok(list.packages.len())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::ZlibEncoder};

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn packages_are_counted_and_damage_is_named() {
        let list =
            br#"{"packages":[{"name":"a","version":"1.0.0"},{"name":"b","version":"2.0.0"}],"format":1}"#;
        assert_eq!(super::packages(&packed(list)), Ok(2));
        assert!(super::packages(&packed(list)[..20]).unwrap_err().contains("not packed"));
        assert!(super::packages(b"").is_err());
        assert!(super::packages(&packed(&list[..30])).unwrap_err().contains("JSON is damaged"));
        // A bomb is cut off, so it is no JSON.
        assert!(super::packages(&packed(&vec![b' '; 17 << 20])).unwrap_err().contains("JSON"));
    }
}
