//! Starts the program that its arguments name, prints how that ended and powers the machine off.
//!
//! A machine whose first program ends panics at once, and what is still in the serial port's buffer is lost. So this one
//! waits until the port has sent everything.

use std::ffi::c_int;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

unsafe extern "C" {
    fn tcdrain(fd: c_int) -> c_int;
    fn reboot(command: c_int) -> c_int;
}

/// RB_POWER_OFF of reboot(2).
const POWER_OFF: c_int = 0x4321_fedc;

fn main() {
    let mut words = std::env::args().skip(1);
    let program = words.next().expect("the kernel's command line names a program");
    let end = match Command::new(&program).args(words).status() {
        Err(error) => format!("errno={}", error.raw_os_error().unwrap_or_default()),
        Ok(status) => match (status.signal(), status.code()) {
            (Some(signal), _) => format!("signal={signal}"),
            (None, code) => format!("exit={}", code.unwrap_or_default()),
        },
    };
    let mut console = std::io::stdout();
    writeln!(console, "\ninit: {program} ended {end}").expect("the console takes a line");
    // SAFETY: both calls take numbers alone. reboot(2) does not come back.
    unsafe {
        tcdrain(console.as_raw_fd());
        reboot(POWER_OFF);
    }
}
