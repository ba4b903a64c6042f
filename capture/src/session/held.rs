//! A command that waits at its start until the recorder is ready.
//!
//! Takes a command line, gives a process that was forked and stands right before its `execve`. It waits for a byte in
//! a pipe: after the backend has begun to watch it, it is let go, and its whole life is on record. If the recorder dies
//! first, the pipe closes and the child ends without having run anything.

use super::SessionError;
use super::summary::CommandEnd;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::OsString;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::thread::JoinHandle;

/// A command between its fork and its end.
#[derive(Debug)]
pub(super) struct HeldCommand {
    name: String,
    pid: u32,
    gate: Option<PipeWriter>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// The child has not run its program yet; the thread waits for that, and has the child afterwards.
    Starting(JoinHandle<io::Result<Child>>),
    Running(Child),
    Ended(CommandEnd),
    Failed(io::Error),
}

impl HeldCommand {
    /// Forks and holds `command`; `None` if it is empty.
    pub(super) fn fork(command: &[OsString]) -> Result<Option<Self>, SessionError> {
        let Some((program, args)) = command.split_first() else { return Ok(None) };
        let name = program.to_string_lossy().into_owned();
        let fail = |source| SessionError::Command { command: name.clone(), source };
        let (gate_end, gate) = io::pipe().map_err(fail)?;
        let (mut told, tell) = io::pipe().map_err(fail)?;
        let mut starting = Command::new(program);
        starting.args(args);
        hold(&mut starting, gate_end, &gate, tell);
        // `spawn` comes back only after the child's execve, which has to wait: so a thread of its own does it.
        let spawner = std::thread::Builder::new().name("scap".to_owned());
        let thread = spawner.spawn(move || starting.spawn()).map_err(fail)?;
        let mut pid = [0; 4];
        match told.read_exact(&mut pid) {
            Ok(()) => {
                let pid = u32::from_ne_bytes(pid);
                Ok(Some(Self { name, pid, gate: Some(gate), stage: Stage::Starting(thread) }))
            }
            // Forking itself failed: the thread knows why.
            Err(error) => Err(fail(thread.join().ok().and_then(Result::err).unwrap_or(error))),
        }
    }

    pub(super) const fn pid(&self) -> u32 {
        self.pid
    }

    /// Lets it run.
    pub(super) fn release(&mut self) {
        if let Some(mut gate) = self.gate.take() {
            // If the child has been killed meanwhile, waiting for it tells so.
            let _ = gate.write_all(&[1]);
        }
    }

    /// Whether it has ended, or could not be started.
    pub(super) fn has_ended(&mut self) -> bool {
        self.step();
        matches!(self.stage, Stage::Ended(_) | Stage::Failed(_))
    }

    /// Asks it to end, if it runs.
    pub(super) fn terminate(&mut self) {
        self.step();
        if let (Stage::Running(_), Ok(pid)) = (&self.stage, i32::try_from(self.pid)) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
    }

    /// Tells it how it ended when somebody else has waited for it: a tracer takes its status away.
    pub(super) fn ended_by(&mut self, status: ExitStatus) {
        self.step();
        if !matches!(self.stage, Stage::Failed(_)) {
            self.stage = Stage::Ended(end_of(status));
        }
    }

    /// How it ended.
    ///
    /// # Errors
    /// If it could not be started.
    pub(super) fn end(mut self) -> Result<CommandEnd, SessionError> {
        self.step();
        match self.stage {
            Stage::Ended(end) => Ok(end),
            Stage::Failed(source) => Err(SessionError::Command { command: self.name, source }),
            Stage::Starting(_) | Stage::Running(_) => Ok(CommandEnd::Running),
        }
    }

    /// Moves on as far as can be without waiting.
    fn step(&mut self) {
        let stage = std::mem::replace(&mut self.stage, Stage::Ended(CommandEnd::Running));
        self.stage = match stage {
            Stage::Starting(thread) if thread.is_finished() => match thread.join() {
                Ok(Ok(child)) => wait(child),
                Ok(Err(error)) => Stage::Failed(error),
                Err(_) => Stage::Failed(io::Error::other("starting it panicked")),
            },
            Stage::Running(child) => wait(child),
            other => other,
        };
    }
}

fn wait(mut child: Child) -> Stage {
    match child.try_wait() {
        Ok(Some(status)) => Stage::Ended(end_of(status)),
        Ok(None) => Stage::Running(child),
        Err(error) => Stage::Failed(error),
    }
}

fn end_of(status: ExitStatus) -> CommandEnd {
    status.code().map_or_else(|| CommandEnd::Killed(status.signal().unwrap_or(0)), CommandEnd::Exited)
}

/// Makes the child tell its pid and wait for its release before it becomes `command`.
#[allow(unsafe_code, reason = "what happens between fork and execve has no safe interface")]
fn hold(command: &mut Command, gate_end: PipeReader, gate: &PipeWriter, mut tell: PipeWriter) {
    let mut gate_end = gate_end;
    let gate = gate.as_raw_fd();
    let before_exec = move || {
        // The child's own copy of the writing end must not keep the pipe open when the recorder dies.
        // SAFETY: in the child this descriptor is a copy that no Rust object of the child will ever use: the object
        // that owns the number lives on in the parent, and the child's image ends in execve or exit.
        drop(unsafe { OwnedFd::from_raw_fd(gate) });
        tell.write_all(&std::process::id().to_ne_bytes())?;
        gate_end.read_exact(&mut [0])
    };
    // SAFETY: the closure only closes, writes and reads descriptors, all of which may be done between fork and
    // execve of a program with threads; it takes no lock and allocates nothing.
    unsafe { command.pre_exec(before_exec) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn words(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    fn ended(mut command: HeldCommand) -> Result<CommandEnd, SessionError> {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !command.has_ended() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
        command.end()
    }

    #[test]
    fn a_held_command_does_nothing_until_it_is_released() {
        let dir = tempfile::tempdir().unwrap();
        let mark = dir.path().join("mark");
        let line = words(&["/bin/sh", "-c", &format!(": > {}; exit 7", mark.display())]);
        let mut command = HeldCommand::fork(&line).unwrap().unwrap();
        std::thread::sleep(Duration::from_millis(50));
        assert!(!mark.exists() && !command.has_ended());
        let exe = std::fs::read_link(format!("/proc/{}/exe", command.pid())).unwrap();
        assert_eq!(exe, std::env::current_exe().unwrap());
        command.release();
        assert_eq!(ended(command).unwrap(), CommandEnd::Exited(7));
        assert!(mark.exists());
    }

    #[test]
    fn a_command_that_is_no_program_says_so() {
        let mut command = HeldCommand::fork(&words(&["/no/such/program"])).unwrap().unwrap();
        command.release();
        let message = ended(command).unwrap_err().to_string();
        assert!(message.contains("/no/such/program") && message.contains("No such file"), "{message}");
    }

    #[test]
    fn a_dropped_command_never_runs_and_goes_away() {
        let command = HeldCommand::fork(&words(&["/bin/sleep", "1000"])).unwrap().unwrap();
        let pid = command.pid();
        drop(command);
        let gone = || {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
            stat.map_or(true, |stat| stat.contains(") Z"))
        };
        let deadline = Instant::now() + Duration::from_secs(20);
        while !gone() {
            assert!(Instant::now() < deadline);
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_killed_command_tells_its_signal() {
        let mut command = HeldCommand::fork(&words(&["/bin/sh", "-c", "kill -9 $$"])).unwrap().unwrap();
        command.release();
        assert_eq!(ended(command).unwrap(), CommandEnd::Killed(9));
        assert!(HeldCommand::fork(&[]).unwrap().is_none());
    }
}
