//! Prints what `boot` and `emulated` wait for; `cfg`s plant a fault that needs code.

fn main() {
    #[cfg(build_path)]
    println!("compiled in {}", env!("CARGO_MANIFEST_DIR"));
    #[cfg(endless)]
    loop {
        std::thread::sleep(std::time::Duration::from_secs(60));
    }
    #[cfg(not(endless))]
    println!("pass");
}
