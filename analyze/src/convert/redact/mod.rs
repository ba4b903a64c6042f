//! Blanking: what is to leave a trace before it is handed on.
//!
//! Takes blocks, gives the same blocks with the bytes that [`Redaction`] names overwritten by `*`, or taken out
//! where they are data buffers. Which parameters of which events that are follows from the schema's names and
//! types, so that old events and new ones are treated alike. Numbers of events, times, results and lengths of
//! strings stay. Relative paths are judged by where they lead, which takes the state.

mod container;
mod event;
mod machine;
mod pattern;
mod text;

use scap_format::EventBuf;
use scap_format::block::Block;
use scap_format::native::WriteError;
use scap_format::save::BlockSink;

use crate::replay::Cursor;
use pattern::Pattern;
use text::Scrubber;

/// What is to be blanked.
#[derive(Debug, Clone, Default)]
pub struct Redaction {
    /// Arguments of processes.
    args: bool,
    /// Values of environment variables.
    env: bool,
    /// Data read, written, sent and received.
    buffers: bool,
    /// The host's name, wherever it stands.
    hostname: bool,
    /// Names, home directories and shells in the lists of users and groups.
    users: bool,
    /// Paths that match.
    paths: Vec<Pattern>,
}

/// A rule that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is nothing that can be blanked; there are args, env, buffers, hostname, users and paths=GLOB")]
pub struct RedactionError(String);

impl Redaction {
    /// Adds a rule: `args`, `env`, `buffers`, `hostname`, `users` or `paths=GLOB`.
    ///
    /// # Errors
    /// If it is none of them.
    pub fn add(&mut self, rule: &str) -> Result<(), RedactionError> {
        match rule {
            "args" => self.args = true,
            "env" => self.env = true,
            "buffers" => self.buffers = true,
            "hostname" => self.hostname = true,
            "users" => self.users = true,
            _ => match rule.strip_prefix("paths=").filter(|glob| !glob.is_empty()) {
                Some(glob) => self.paths.push(Pattern::new(glob.as_bytes())),
                None => return Err(RedactionError(rule.to_owned())),
            },
        }
        Ok(())
    }

    /// Whether nothing is to be blanked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { args, env, buffers, hostname, users, paths } = self;
        !(*args || *env || *buffers || *hostname || *users) && paths.is_empty()
    }

    /// What a manifest says of it; `None` if nothing is to be blanked. Patterns of paths are counted, not quoted:
    /// they may tell what they hide.
    #[must_use]
    pub fn summary(&self) -> Option<String> {
        let flags = [
            (self.args, "args"),
            (self.env, "env"),
            (self.buffers, "buffers"),
            (self.hostname, "hostname"),
            (self.users, "users"),
        ];
        let mut said: Vec<String> =
            flags.iter().filter(|(on, _)| *on).map(|(_, name)| (*name).to_owned()).collect();
        match self.paths.len() {
            0 => {}
            1 => said.push("paths (1 pattern)".to_owned()),
            count => said.push(format!("paths ({count} patterns)")),
        }
        (!said.is_empty()).then(|| said.join(", "))
    }

    /// `text` as it may stand in a manifest: without the host's name and paths that match.
    #[must_use]
    pub fn of_text(&self, host: &[u8], text: &str) -> String {
        let scrubber = Scrubber { rules: self, host };
        let mut bytes = text.as_bytes().to_vec();
        scrubber.text(&mut bytes, None);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A recorder's command line as it may stand in a manifest: its arguments are those of a process, too.
    #[must_use]
    pub fn of_command(&self, host: &[u8], words: &[String]) -> Vec<String> {
        let blank = |(at, word): (usize, &String)| match (at, self.args) {
            (0, _) | (_, false) => self.of_text(host, word),
            _ => "*".repeat(word.len()),
        };
        words.iter().enumerate().map(blank).collect()
    }

    /// Whether the host's name is to be blanked.
    #[must_use]
    pub const fn hides_host(&self) -> bool {
        self.hostname
    }
}

/// See the module.
pub(super) struct Redactor {
    rules: Redaction,
    /// The state as of the event to be blanked, if there are paths to be judged.
    cursor: Option<Cursor>,
    host: Vec<u8>,
    scratch: EventBuf,
}

impl Redactor {
    pub(super) fn new(rules: Redaction) -> Self {
        let cursor = (!rules.paths.is_empty()).then(Cursor::new);
        Self { rules, cursor, host: Vec::new(), scratch: EventBuf::default() }
    }

    /// Hands `block` to `sink`, blanked.
    pub(super) fn pass(&mut self, block: &Block<'_>, sink: &mut dyn BlockSink) -> Result<(), WriteError> {
        if let Block::Machine(machine) = block {
            self.host.clone_from(&machine.hostname);
        }
        let scrubber = Scrubber { rules: &self.rules, host: &self.host };
        let passed = match block {
            Block::Event(event) => {
                let state = self.cursor.as_ref().map(Cursor::state);
                event::blank(&scrubber, event, state, &mut self.scratch);
                sink.block(&Block::Event(self.scratch.as_event()))
            }
            other => match machine::blank(&scrubber, other) {
                Some(blanked) => sink.block(&blanked),
                None => sink.block(other),
            },
        };
        if let Some(cursor) = &mut self.cursor {
            let fed = cursor.feed(block, |_, _| Ok::<(), std::convert::Infallible>(()));
            match fed {
                Ok(()) => {}
            }
        }
        passed
    }
}
