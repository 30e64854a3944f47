//! The library of the package that has a program, too.

#[doc(hidden)]
pub mod generated {
    include!(concat!(env!("OUT_DIR"), "/first.rs"));
}

/// Everything the crates of the graph say of themselves.
pub fn lines(times: u64) -> Vec<String> {
    vec![
        twin_1::version(times),
        twin_2::version(times),
        twin_3::version(times),
        twin_4::version(times),
        place::place(times),
        format!("{} bits", counted::width()),
    ]
}

#[cfg(test)]
#[test]
fn none_is_another() {
    let distinct: std::collections::BTreeSet<_> = lines(1).into_iter().collect();
    assert_eq!(distinct.len(), 6);
}
