//! What a session finds out beside the events that come from the kernel.
//!
//! Takes each event before it is written, gives whether it is of the container that is recorded, and what belongs before
//! it: the container that it shows first. What takes longer (files that a runtime writes late, hashes of executed
//! files) is told as soon as it is there. Hot path: an event that neither begins a process nor runs a program passes
//! with one look at its code, and with a container one into a set of bits.

use super::privileges;
use super::{SessionError, SessionOptions};
use crate::container::choice::Choice;
use crate::container::watch::Watch;
use crate::hash::Hashes;
use crate::snapshot::Snapshot;
use scap_format::{Event, EventBuf};

/// See the module.
#[derive(Debug)]
pub(super) struct Aside {
    containers: Watch,
    choice: Option<Choice>,
    hashes: Option<Hashes>,
    /// Time of the last event, ns since the epoch: what is found later is told as of then, so that times never go back.
    last: u64,
}

impl Aside {
    /// Looks for the container to be recorded, if there is one. Gives its processes too.
    ///
    /// # Errors
    /// If it does not run and no command could start it, or /proc cannot be read.
    pub(super) fn new(options: &SessionOptions) -> Result<(Self, Vec<u32>), SessionError> {
        let mut choice = options.container.as_deref().map(|wanted| Choice::new(wanted, &options.root));
        let mut pids = Vec::new();
        if let Some(choice) = &mut choice {
            pids.extend(choice.look().map_err(SessionError::Snapshot)?);
            if pids.is_empty() && options.command.is_empty() {
                let wanted = options.container.clone().unwrap_or_default();
                return Err(SessionError::NoContainer { wanted, running: listed(&choice.running()) });
            }
        }
        let hashes = options.hash_exes.then(|| {
            let gives_up = options.gives_up;
            Hashes::start(move |kept| if gives_up { privileges::give_up(kept) } else { Ok(()) })
        });
        let hashes = hashes.transpose().map_err(SessionError::Hashes)?;
        Ok((Self { containers: Watch::new(&options.root), choice, hashes, last: 0 }, pids))
    }

    /// Looks again once the backend runs: what was started in between counts too, and so do these processes.
    ///
    /// # Errors
    /// If /proc cannot be read.
    pub(super) fn begun(&mut self, others: impl Iterator<Item = u32>) -> Result<(), SessionError> {
        if let Some(choice) = &mut self.choice {
            choice.look().map_err(SessionError::Snapshot)?;
            others.for_each(|pid| choice.add(i64::from(pid)));
        }
        Ok(())
    }

    /// What is to be written before `event`; `None` if the event itself is not to be written.
    #[inline]
    pub(super) fn admit(&mut self, event: &Event<'_>) -> Option<Option<EventBuf>> {
        if let Some(choice) = &mut self.choice
            && !choice.admits(event)
        {
            return None;
        }
        self.last = self.last.max(event.ts);
        if let Some(hashes) = &mut self.hashes {
            hashes.event(event);
        }
        Some(self.containers.before(event))
    }

    /// The containers of the snapshot, to be told before all events. `first` is the time of the first.
    pub(super) fn of_snapshot(&mut self, snapshot: &Snapshot, first: Option<u64>) -> Vec<EventBuf> {
        self.last = first.unwrap_or(snapshot.begun).min(snapshot.begun);
        if let Some(hashes) = &mut self.hashes {
            hashes.of_snapshot(&snapshot.threads);
        }
        self.containers.of_snapshot(&snapshot.threads, self.last)
    }

    /// What was found since the last time.
    pub(super) fn due(&mut self) -> Vec<EventBuf> {
        let mut events = self.containers.due(self.last);
        if let Some(hashes) = &mut self.hashes {
            events.extend(hashes.due(self.last));
        }
        events
    }

    /// What is found at the end.
    pub(super) fn finish(&mut self) -> Vec<EventBuf> {
        let mut events = self.containers.due(self.last);
        if let Some(hashes) = self.hashes.take() {
            events.extend(hashes.finish(self.last));
        }
        events
    }
}

fn listed(running: &[String]) -> String {
    if running.is_empty() { "none of which the runtimes' files tell".to_owned() } else { running.join(", ") }
}
