//! One question to a child process, one answer, and an end to waiting.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Code, Error};

/// No answer is near this many bytes.
const LIMIT: u64 = 64 << 10;

/// What `command` writes to its standard output when `question` is its standard input. Its standard error is ours.
///
/// # Errors
/// `signer-failed` if it cannot be started, is not done after `patience` or ends with another status than 0;
/// `signer-answer` if it writes more than [`LIMIT`] bytes.
pub fn ask(command: &[OsString], question: String, patience: Duration) -> Result<Vec<u8>, Error> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Error::new(
            Code::SignerFailed,
            "no signer is named: a program and its arguments are needed",
        ));
    };
    let name = program.to_string_lossy();
    let failed =
        |why: String| Error::new(Code::SignerFailed, format!("the signer {name} {why}: nothing was signed"));
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("cannot be started ({error}); is it there and executable?")))?;
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        unreachable!("both were piped");
    };
    let end = Instant::now() + patience;
    // A child may answer without reading everything, and may leave behind one that keeps the pipes open: nobody waits for
    // either thread, and both end with the pipes.
    thread::spawn(move || input.write_all(question.as_bytes()));
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut answer = Vec::new();
        let read = output.take(LIMIT + 1).read_to_end(&mut answer);
        sender.send(read.map(|_| answer))
    });
    let answer = receiver.recv_timeout(end.saturating_duration_since(Instant::now()));
    if let Ok(Ok(answer)) = &answer {
        if answer.len() as u64 > LIMIT {
            stop(&mut child);
            return Err(Error::new(
                Code::SignerAnswer,
                format!(
                    "the signer {name} answers with more than {LIMIT} bytes, and a signature has about 100"
                ),
            ));
        }
    }
    let Some(status) = wait(&mut child, end) else {
        return Err(failed(format!("was not done after {} s and was stopped", patience.as_secs_f32())));
    };
    if !status.success() {
        return Err(failed(format!("ended with {status}; what it said about that is above")));
    }
    match answer {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(failed(format!("cannot be listened to ({error})"))),
        Err(_) => Err(failed("ended, but a process that it started keeps its answer open".into())),
    }
}

/// How the child ended; none if it had to be stopped.
fn wait(child: &mut Child, end: Instant) -> Option<ExitStatus> {
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        if Instant::now() >= end {
            stop(child);
            return None;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Kills the child and collects it. That it has ended meanwhile is no error.
fn stop(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
