//! Prints which crates it is made of; given arguments, panics in the file that the build script wrote.

fn main() {
    let times: Vec<u64> = match std::env::args().len() {
        1 => vec![1],
        _ => vec![],
    };
    for line in neutral::lines(neutral::generated::first(&times)) {
        println!("{line}");
    }
}
