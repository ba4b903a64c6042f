//! Which event is whose business, and the bytes that events move.
//!
//! What an event does to descriptors and processes the state knows; what it means to an analyst is decided in `paths`,
//! `net` and `powers`, with the table of [`places`](crate::places).

use scap_format::Event;
use scap_schema::{FlagSet, ParamDetail, ParamType};
use scap_state::{Fd, State, Thread};

use super::{Observer, Seeing};
use crate::model::{ActKind, ProcessId};
use crate::plan::{Tells, Way};

impl Observer {
    /// Takes in what the event of `s` tells beyond bytes moved.
    pub(super) fn told(&mut self, s: Seeing<'_, '_>, tells: Tells) {
        match tells {
            Tells::Exec if s.event.i64(0) == Some(0) => self.executed(s.state, s.thread, s.process),
            Tells::Exec => {}
            Tells::Exit => self.exits(s.event, s.state, s.thread, s.process),
            Tells::Clone => self.new_namespaces(&s, "clone"),
            Tells::Open => self.opens(&s),
            Tells::Path(act) => self.changes_path(&s, act),
            Tells::Copy { from, to } => self.copies(&s, from, to),
            Tells::Bind => self.binds(&s),
            Tells::Listen => self.listens(&s),
            Tells::Accept => self.accepts(&s),
            Tells::Connect => self.connects(&s),
            Tells::SocketError => self.socket_error(&s),
            Tells::Signal => self.signals(&s),
            Tells::Trace => self.traces(&s),
            Tells::OtherMemory => self.touches_memory(&s),
            Tells::Module | Tells::ModuleRemoved | Tells::Bpf => self.loads(&s, tells),
            Tells::Mount => self.mounts(&s),
            Tells::Unmount => self.unmounts(&s),
            Tells::Namespace => self.namespace(&s),
            Tells::Notice | Tells::Container => {}
        }
    }

    /// Notices of the recorder.
    pub(super) fn notice(&mut self, event: &Event<'_>) {
        if event.text(0) == Some(super::notes::NAME) {
            self.notes.read(event.text(1).unwrap_or_default());
            return;
        }
        let lost = scap_analyze::replay::dropped(event);
        if lost > 0 {
            self.act(ActKind::Dropped, None, format!("{lost} events").as_bytes(), 0);
        }
    }

    /// Bytes read or written.
    #[inline]
    pub(super) fn moves(
        &mut self,
        event: &Event<'_>,
        state: &State,
        thread: &Thread,
        process: ProcessId,
        way: Way,
    ) {
        let Some(bytes) = event.i64(0).and_then(|res| u64::try_from(res).ok()) else { return };
        let Some(fd) = state.fd() else { return };
        self.moved(fd, state.fd_num(), (state, thread), process, (way, bytes));
    }

    fn moved(
        &mut self,
        fd: &Fd,
        num: i64,
        (state, thread): (&State, &Thread),
        process: ProcessId,
        (way, bytes): (Way, u64),
    ) {
        if fd.ty.is_file() {
            if let Some(file) = self.files.of_fd(process, num, &fd.name, self.now, &mut self.texts) {
                let sum = if way == Way::In { &mut file.bytes_read } else { &mut file.bytes_written };
                *sum = sum.saturating_add(bytes);
            }
        } else if super::net::is_socket(fd.ty)
            && let Some(socket) = self.sockets.of_fd(process, fd, (state, thread), self.now, &mut self.texts)
        {
            let sum = if way == Way::In { &mut socket.bytes_in } else { &mut socket.bytes_out };
            *sum = sum.saturating_add(bytes);
        }
    }

    fn copies(&mut self, s: &Seeing<'_, '_>, from: u8, to: u8) {
        let Some(bytes) = s.event.i64(0).and_then(|res| u64::try_from(res).ok()) else { return };
        for (at, way) in [(from, Way::In), (to, Way::Out)] {
            let num = s.event.i64(at.into()).unwrap_or(-1);
            if let Some(fd) = s.state.fd_of(s.thread, num) {
                self.moved(fd, num, (s.state, s.thread), s.process, (way, bytes));
            }
        }
    }
}

/// The set that names the values of parameter `name`.
pub(super) fn flag_set(s: &Seeing<'_, '_>, name: &str) -> Option<&'static FlagSet> {
    let info = s.event.info()?;
    let param = info.params.get(info.param_index(name)?)?;
    match param.detail {
        ParamDetail::Flags(set) if param.ty != ParamType::Dyn => Some(set),
        _ => None,
    }
}

/// Bits of parameter `name` whose names are `wanted`.
pub(super) fn bits(s: &Seeing<'_, '_>, name: &str, wanted: impl Fn(&str) -> bool) -> u32 {
    let values = flag_set(s, name).map_or(&[][..], |set| set.values);
    values.iter().filter(|(name, _)| wanted(name)).fold(0, |bits, (_, bit)| bits | bit)
}

pub(super) fn until_nul(raw: &[u8]) -> &[u8] {
    raw.split(|&b| b == 0).next().unwrap_or(raw)
}
