//! What benches/nar measures: `nar PATH...` tells on all processors whether the content of each store path, which refers to
//! no other, gives its path; `nar --alone PATH...` on one.

use std::error::Error;
use std::path::Path;

use sarsen::nar::store_path::is_given_by;
use sarsen::parallel::in_order;

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths: Vec<String> = std::env::args().skip(1).collect();
    let alone = paths.first().is_some_and(|first| first == "--alone");
    if alone {
        paths.remove(0);
    }
    let mut size = 0;
    let work = |path: String| (is_given_by(&path, Path::new(&path), &[]), path);
    let mut take = |(found, path): (Result<_, sarsen::error::Error>, String)| -> Result<(), Box<dyn Error>> {
        let (given, _, bytes) = found.map_err(|error| error.to_string())?;
        size += bytes;
        if given { Ok(()) } else { Err(format!("{path} has other content").into()) }
    };
    if alone {
        paths.into_iter().map(work).try_for_each(&mut take)?;
    } else {
        in_order(paths.into_iter(), work, &mut take)?;
    }
    println!("{size}");
    Ok(())
}
