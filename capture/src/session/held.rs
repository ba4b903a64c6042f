//! A command that waits at its start until the recorder is ready.
//!
//! Takes a command line, gives a process that was forked and stands right before its `execve`. It waits for a byte in
//! a pipe: after the backend has begun to watch it, it is let go, and its whole life is on record. If the recorder dies
//! first, the pipe closes and the child ends without having run anything.

use super::SessionError;
use super::summary::CommandEnd;
use crate::{SyscallFilter, WaitsFor};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, execvp};
use std::ffi::{CString, OsString};
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::thread::JoinHandle;

/// A command between its fork and its end.
#[derive(Debug)]
pub(super) struct HeldCommand {
    name: String,
    pid: u32,
    gate: Option<PipeWriter>,
    /// The child says here why it could not run its program; says nothing and closes if it could.
    refusal: PipeReader,
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
    /// Forks and holds `command`; `None` if it is empty. With `talks_to_stderr` what it writes to its standard output goes
    /// to standard error, because the trace has the former for itself.
    /// Before its program it puts `filter` on itself, if that can be done.
    pub(super) fn fork(
        command: &[OsString],
        talks_to_stderr: bool,
        filter: Option<SyscallFilter>,
    ) -> Result<Option<Self>, SessionError> {
        let Some(program) = command.first() else { return Ok(None) };
        let name = program.to_string_lossy().into_owned();
        let fail = |source| SessionError::Command { command: name.clone(), source };
        let (gate_end, gate) = io::pipe().map_err(fail)?;
        let (mut told, tell) = io::pipe().map_err(fail)?;
        let mut starting = hold(command, gate_end, &gate, tell, filter).map_err(fail)?;
        if talks_to_stderr {
            starting.stdout(io::stderr().as_fd().try_clone_to_owned().map_err(fail)?);
        }
        // `spawn` comes back only after the child's execve, which has to wait: so a thread of its own does it.
        let spawner = std::thread::Builder::new().name("scap".to_owned());
        let thread = spawner.spawn(move || starting.spawn()).map_err(fail)?;
        let mut pid = [0; 4];
        match told.read_exact(&mut pid) {
            Ok(()) => {
                let (pid, stage) = (u32::from_ne_bytes(pid), Stage::Starting(thread));
                Ok(Some(Self { name, pid, gate: Some(gate), refusal: told, stage }))
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
    pub(super) fn has_ended(&mut self, waits: WaitsFor) -> bool {
        self.step(waits);
        matches!(self.stage, Stage::Ended(_) | Stage::Failed(_))
    }

    /// Asks it to end, if it runs.
    pub(super) fn terminate(&mut self, waits: WaitsFor) {
        if !self.has_ended(waits)
            && let Ok(pid) = i32::try_from(self.pid)
        {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
    }

    /// How it ended.
    ///
    /// # Errors
    /// If it could not be started.
    pub(super) fn end(self) -> Result<CommandEnd, SessionError> {
        match self.stage {
            Stage::Ended(end) => Ok(end),
            Stage::Failed(source) => Err(SessionError::Command { command: self.name, source }),
            Stage::Starting(_) | Stage::Running(_) => Ok(CommandEnd::Running),
        }
    }

    /// Moves on as far as can be without waiting.
    fn step(&mut self, waits: WaitsFor) {
        let stage = std::mem::replace(&mut self.stage, Stage::Ended(CommandEnd::Running));
        self.stage = match stage {
            Stage::Starting(thread) if thread.is_finished() => match thread.join() {
                Ok(Ok(child)) => self.wait(child, waits),
                Ok(Err(error)) => Stage::Failed(error),
                Err(_) => Stage::Failed(io::Error::other("starting it panicked")),
            },
            Stage::Running(child) => self.wait(child, waits),
            other => other,
        };
    }

    /// Looks whether `child` has ended, unless somebody else does.
    fn wait(&mut self, mut child: Child, waits: WaitsFor) -> Stage {
        let status = match waits {
            WaitsFor::Nobody => child.try_wait(),
            WaitsFor::Running => Ok(None),
            WaitsFor::Ended(status) => Ok(Some(status)),
        };
        match status {
            Ok(None) => Stage::Running(child),
            Ok(Some(status)) => match self.refused() {
                Some(error) => Stage::Failed(error),
                None => Stage::Ended(end_of(status)),
            },
            Err(error) => Stage::Failed(error),
        }
    }

    /// Why the program could not be run, of a child that has ended.
    fn refused(&mut self) -> Option<io::Error> {
        let mut errno = [0; 4];
        self.refusal.read_exact(&mut errno).ok()?;
        Some(io::Error::from_raw_os_error(i32::from_ne_bytes(errno)))
    }
}

fn end_of(status: ExitStatus) -> CommandEnd {
    status.code().map_or_else(|| CommandEnd::Killed(status.signal().unwrap_or(0)), CommandEnd::Exited)
}

/// A child that will tell its pid, wait for its release, and become `command`.
///
/// It runs the program itself instead of leaving that to `Command`, which on failure would wait for its child and
/// so take a tracer's notices away.
#[allow(unsafe_code, reason = "what happens between fork and execve has no safe interface")]
fn hold(
    command: &[OsString],
    mut gate_end: PipeReader,
    gate: &PipeWriter,
    mut tell: PipeWriter,
    filter: Option<SyscallFilter>,
) -> io::Result<Command> {
    let words = command.iter().map(|word| CString::new(word.as_bytes())).collect::<Result<Vec<_>, _>>()?;
    let program = words.first().cloned().unwrap_or_default();
    let gate = gate.as_raw_fd();
    let run = move || -> io::Result<()> {
        // The child's own copy of the writing end must not keep the pipe open when the recorder dies.
        // SAFETY: in the child this descriptor is a copy that no Rust object of the child will ever use: the object
        // that owns the number lives on in the parent, and the child's image ends in execve or exit.
        drop(unsafe { OwnedFd::from_raw_fd(gate) });
        tell.write_all(&std::process::id().to_ne_bytes())?;
        gate_end.read_exact(&mut [0])?;
        // Without a filter every call stops, which is slower but as good.
        let _ = filter.as_ref().map(SyscallFilter::install);
        let errno = execvp(&program, &words).err().unwrap_or(Errno::ENOENT);
        tell.write_all(&(errno as i32).to_ne_bytes())?;
        // SAFETY: ends the child at once; nothing of the parent's is run or flushed.
        unsafe { nix::libc::_exit(127) }
    };
    let mut child = Command::new("/proc/self/exe");
    // SAFETY: the closure closes, writes and reads descriptors and calls execve, all of which may be done between
    // fork and execve of a program with threads; it takes no lock, and `execvp` allocates only the array of pointers,
    // which the C libraries' allocators keep usable after a fork.
    unsafe { child.pre_exec(run) };
    Ok(child)
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
        while !command.has_ended(WaitsFor::Nobody) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
        command.end()
    }

    #[test]
    fn a_held_command_does_nothing_until_it_is_released() {
        let dir = tempfile::tempdir().unwrap();
        let mark = dir.path().join("mark");
        let line = words(&["/bin/sh", "-c", &format!(": > {}; exit 7", mark.display())]);
        let mut command = HeldCommand::fork(&line, false, None).unwrap().unwrap();
        std::thread::sleep(Duration::from_millis(50));
        assert!(!mark.exists() && !command.has_ended(WaitsFor::Nobody));
        let exe = std::fs::read_link(format!("/proc/{}/exe", command.pid())).unwrap();
        assert_eq!(exe, std::env::current_exe().unwrap());
        command.release();
        assert_eq!(ended(command).unwrap(), CommandEnd::Exited(7));
        assert!(mark.exists());
    }

    #[test]
    fn a_command_that_is_no_program_says_so() {
        let mut command = HeldCommand::fork(&words(&["/no/such/program"]), false, None).unwrap().unwrap();
        command.release();
        let message = ended(command).unwrap_err().to_string();
        assert!(message.contains("/no/such/program") && message.contains("No such file"), "{message}");
    }

    #[test]
    fn a_command_is_looked_for_in_the_path_and_gets_its_words() {
        let mut command =
            HeldCommand::fork(&words(&["sh", "-c", "test $# = 2 -a \"$2\" = ''", "x", "y", ""]), false, None);
        let mut command = command.as_mut().unwrap().take().unwrap();
        command.release();
        assert_eq!(ended(command).unwrap(), CommandEnd::Exited(0));
    }

    #[test]
    fn a_dropped_command_never_runs_and_goes_away() {
        let command = HeldCommand::fork(&words(&["/bin/sleep", "1000"]), false, None).unwrap().unwrap();
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
    fn output_may_be_sent_to_standard_error() {
        let line = words(&["/bin/sh", "-c", "test /proc/self/fd/1 -ef /proc/self/fd/2"]);
        let mut command = HeldCommand::fork(&line, true, None).unwrap().unwrap();
        command.release();
        assert_eq!(ended(command).unwrap(), CommandEnd::Exited(0));
    }

    #[test]
    fn a_killed_command_tells_its_signal() {
        let mut command =
            HeldCommand::fork(&words(&["/bin/sh", "-c", "kill -9 $$"]), false, None).unwrap().unwrap();
        command.release();
        assert_eq!(ended(command).unwrap(), CommandEnd::Killed(9));
        assert!(HeldCommand::fork(&[], false, None).unwrap().is_none());
    }
}
