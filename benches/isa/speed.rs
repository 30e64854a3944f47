//! Looks through the code of AArch64 files on one core, and prints the speed in GB of code a second and its ratio to peers
//! on the same bytes in the same run: the sum of all words, which is the floor, and the disassemblers that are installed.

use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::Instant;

use sarsen::elf::Image;
use sarsen::isa;

fn main() {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path).expect("the file can be read");
        let image = Image::parse(&bytes, &path).expect("the file is ELF");
        let sections = image.sections.iter().filter(|s| s.is_executable());
        let code: Vec<&[u8]> = sections.filter_map(|s| image.bytes.slice(s.offset, s.size)).collect();
        let size: usize = code.iter().map(|code| code.len()).sum();
        println!("{path}: {size} bytes of code");
        let floor =
            best(20, || code.iter().flat_map(|c| c.chunks_exact(4)).map(word).fold(0, u32::wrapping_add));
        let scan = best(20, || {
            let mut found = 0u32;
            code.iter().for_each(|code| isa::scan(code, |_, _, _| found += 1));
            found
        });
        let survey = best(20, || isa::survey(&image));
        let report = |name: &str, seconds: f64| {
            let (speed, ratio) = (size as f64 / seconds / 1e9, seconds / scan);
            println!("  {name:24} {speed:8.3} GB/s   {ratio:8.2} times the scan's time");
        };
        report("sum of all words", floor);
        report("scan", scan);
        report("survey", survey);
        for peer in ["llvm-objdump-19", "llvm-objdump", "aarch64-linux-gnu-objdump"] {
            let run = || {
                Command::new(peer).args(["-d", &path]).stdout(Stdio::null()).stderr(Stdio::null()).status()
            };
            if Command::new(peer).arg("--version").stdout(Stdio::null()).status().is_ok() {
                report(&format!("{peer} -d"), best(1, run));
            }
        }
    }
}

fn word(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// The least of so many runs, in seconds.
fn best<T>(runs: usize, mut work: impl FnMut() -> T) -> f64 {
    let times = (0..runs).map(|_| {
        let start = Instant::now();
        black_box(work());
        start.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min)
}
