//! The `sarsen` program: everything is in the library.

fn main() -> std::process::ExitCode {
    sarsen::cli::run(std::env::args_os())
}
