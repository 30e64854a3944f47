//! LLVM's disassembler, as an outsider that knows which instruction needs which feature.

use std::process::Command;

use super::Folder;

/// An llvm-objdump that is new enough to know the features of Armv9.5.
pub struct Disassembler(String);

impl Disassembler {
    /// The first that is in PATH, by its plain name or with a version.
    pub fn find() -> Option<Self> {
        let named = (19..30).rev().map(|version| format!("llvm-objdump-{version}"));
        named.chain(["llvm-objdump".into()]).find(|name| version(name) >= Some(19)).map(Self)
    }

    /// For each word, whether it is an instruction with the features of `attributes`, such as `+v8a,+lse`.
    pub fn accepts(&self, words: &[u32], attributes: &str) -> Vec<bool> {
        static CALLS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let call = CALLS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let folder = Folder::new(&format!("llvm-{call}"));
        let path = folder.file("words.o", &object(words));
        let mattr = format!("--mattr={attributes}");
        let output = Command::new(&self.0)
            .args(["-d", "--no-show-raw-insn", "--no-leading-addr", &mattr, &path])
            .output()
            .expect("llvm-objdump runs");
        let text = String::from_utf8_lossy(&output.stdout);
        let lines = text.lines().filter(|line| line.starts_with(['\t', ' ']));
        let accepted: Vec<bool> = lines.map(|line| !line.contains("<unknown>")).collect();
        assert_eq!(accepted.len(), words.len(), "one line a word");
        accepted
    }
}

fn version(name: &str) -> Option<u32> {
    let output = Command::new(name).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split("version ").nth(1)?.split('.').next()?.parse().ok()
}

/// An AArch64 object file with the words in its section .text.
fn object(words: &[u32]) -> Vec<u8> {
    const NAMES: &[u8] = b"\0.text\0.shstrtab\0";
    let text: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let names = 64 + text.len() as u64;
    let sections = (names + NAMES.len() as u64).next_multiple_of(8);
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x01\0\xb7\0\x01\0\0\0".to_vec();
    for word in [0, 0, sections] {
        file.extend(u64::to_le_bytes(word));
    }
    file.extend(0u32.to_le_bytes());
    for half in [64u16, 0, 0, 64, 3, 2] {
        file.extend(half.to_le_bytes());
    }
    file.extend(&text);
    file.extend(NAMES);
    file.resize(sections as usize + 64, 0);
    for (name, kind, flags, offset, size) in
        [(1u32, 1u32, 6u64, 64, text.len() as u64), (7, 3, 0, names, NAMES.len() as u64)]
    {
        file.extend(name.to_le_bytes());
        file.extend(kind.to_le_bytes());
        for word in [flags, 0, offset, size, 0, 4, 0] {
            file.extend(u64::to_le_bytes(word));
        }
    }
    file
}
