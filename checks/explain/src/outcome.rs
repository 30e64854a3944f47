//! Starts one program for real and says how that ended.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};

/// Executes `path` as the user `uid`, with no environment: `errno=2` if execve failed, `signal=11` if the process was
/// killed, `exit=0` if it ended by itself.
pub fn of(path: &str, uid: u32) -> String {
    let mut command = Command::new(path);
    // Not Stdio::null: the root file system of the cases has no /dev/null.
    command.env_clear().stdin(Stdio::inherit());
    if uid != 0 {
        command.uid(uid).gid(uid);
    }
    match command.output().map(|output| output.status) {
        Err(error) => format!("errno={}", error.raw_os_error().unwrap_or_default()),
        Ok(status) => match (status.signal(), status.code()) {
            (Some(signal), _) => format!("signal={signal}"),
            (None, code) => format!("exit={}", code.unwrap_or_default()),
        },
    }
}
