//! How fast the texts of all rules are found: `cargo run --release --example texts FILE…` prints, for each file, its
//! size in bytes and the best of five passes in bytes per second. benches/texts compares that with grep.

use std::time::Instant;

use sarsen::profile::{BUILT_IN, Profile};
use sarsen::texts::Finder;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let profile = Profile::load(BUILT_IN[0].0)?;
    let finder = Finder::new(&profile);
    if std::env::args().nth(1).as_deref() == Some("--list") {
        finder.texts().for_each(|text| println!("{}", text.trim_matches('\0')));
        return Ok(());
    }
    for path in std::env::args_os().skip(1) {
        let bytes = std::fs::read(&path)?;
        let seconds = (0..5).map(|_| {
            let start = Instant::now();
            std::hint::black_box(finder.find(std::hint::black_box(&bytes)));
            start.elapsed().as_secs_f64()
        });
        let best = seconds.fold(f64::INFINITY, f64::min);
        println!("{} {:.0}", bytes.len(), f64::from(u32::try_from(bytes.len())?) / best);
    }
    Ok(())
}
