//! Damaged programs: thousands of deterministic variants of every case; none may panic, hang or grow without bound.

use std::path::Path;

use super::case::Item;
use super::program::Machine;
use super::random::one_of;
use super::support::{Elf, Folder, Numbers, abi};
use super::{Profile, Question, Tree, World, cases, explain, lay};
use sarsen::loader::dynamic::Environment;
use sarsen::loader::exec::User;

#[test]
fn changed_bytes_never_panic() {
    let cases = cases::all(Machine::Aarch64);
    let folder = Folder::new("explain-hostile");
    lay(&cases, &folder.0);
    let profile = Profile::load("grid-arm64").unwrap();
    let question = Question { profile: &profile, user: User::default(), environment: Environment::default() };
    let mut numbers = Numbers::new(0x5a75_5e4e);
    let mut seeds: Vec<Vec<u8>> = cases
        .iter()
        .filter_map(|case| match &case.items[0] {
            (_, Item::File(_, bytes)) => Some(bytes.clone()),
            _ => None,
        })
        .collect();
    seeds.push(Elf::with(|elf| {
        elf.interpreter = Some("/lib/ld.so");
        elf.notes = vec![abi(5, 10)];
    }));
    for mut bytes in seeds.iter().cycle().take(seeds.len() * 20).cloned() {
        for _ in 0..=numbers.below(6) {
            if let Some(last) = bytes.len().checked_sub(1) {
                let at = numbers.below(0x200).min(last);
                bytes[at] = one_of(&mut numbers, &[0, 1, 0x7f, 0x80, 0xff, b'\n', b'#']);
            }
        }
        if numbers.below(4) == 0 {
            bytes.truncate(numbers.below(bytes.len() + 1));
        }
        let tree = Tree::open(&folder.0).unwrap().with_file(Path::new("/hostile"), bytes, 0o755).unwrap();
        let attempts = explain(&World::new(tree), Path::new("/hostile"), &question).unwrap();
        assert!(attempts.iter().all(|attempt| !attempt.steps.is_empty()));
    }
}
