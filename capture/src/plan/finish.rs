//! From what was captured to the event: one parameter after the other.
//!
//! Takes a [`Program`] and a [`Raw`] call, gives [`Event`]s. Hot path: no allocation once its buffers have
//! grown. Deliberately knows nothing of the means by which the captures came about.

use super::compile::{Program, Step};
use super::kernel::unnamed;
use super::{lifecycle, socket, special};
use scap_format::{Event, EventBuf};
use scap_schema::fetch::{Convert, Fetch, From, Kernel, MessagePart, QueuePart, VectorPart, When};

/// One capture: where its bytes are, and a number that goes with them.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
    aux: u32,
}

/// The captures of one call, in the order of the program's ops.
#[derive(Debug, Default)]
pub struct Captures {
    spans: Vec<Span>,
    data: Vec<u8>,
}

impl Captures {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.spans.clear();
        self.data.clear();
    }

    /// Adds one.
    pub fn push(&mut self, bytes: &[u8], aux: u32) {
        let start = self.data.len();
        self.data.extend_from_slice(bytes);
        self.spans.push(Span { start, end: self.data.len(), aux });
    }

    /// Those pushed.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View { spans: &self.spans, data: &self.data }
    }

    /// Those in `data`, without copying it: each is u32 length, u32 aux, then its bytes, padded to 8.
    /// A length that runs past the end ends them.
    pub fn parse<'a>(&'a mut self, data: &'a [u8]) -> View<'a> {
        self.spans.clear();
        let mut at = 0usize;
        while let Some(head) = data.get(at..at + 8) {
            let len = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
            let aux = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
            let start = at + 8;
            let end = start + len;
            if end > data.len() {
                break;
            }
            self.spans.push(Span { start, end, aux });
            at = start + len.next_multiple_of(8);
        }
        View { spans: &self.spans, data }
    }
}

/// Captures to read.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    spans: &'a [Span],
    data: &'a [u8],
}

impl<'a> View<'a> {
    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.spans.len()
    }

    /// Bytes of capture `at`, empty if there is none.
    pub(crate) fn bytes(&self, at: usize) -> &'a [u8] {
        self.spans.get(at).and_then(|s| self.data.get(s.start..s.end)).unwrap_or(&[])
    }

    /// Its number, 0 if there is none.
    pub(crate) fn aux(&self, at: usize) -> u32 {
        self.spans.get(at).map_or(0, |s| s.aux)
    }

    /// Whether something was there to be captured, even if it was empty.
    pub(crate) fn exists(&self, at: usize) -> bool {
        !self.bytes(at).is_empty() || self.aux(at) != 0
    }

    /// Little-endian number of `width` (up to 8) bytes at `offset` in capture `at`; `None` if not there.
    pub(crate) fn number(&self, at: usize, offset: usize, width: usize) -> Option<u64> {
        let bytes = self.bytes(at).get(offset..offset + width)?;
        Some(bytes.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b)))
    }
}

/// One call (or other happening) as it was caught.
#[derive(Debug, Clone, Copy)]
pub struct Raw<'a> {
    /// Thread that did it.
    pub tid: u32,
    /// Number of the system call on the recorded machine.
    pub nr: u32,
    /// Return value.
    pub ret: i64,
    /// Arguments, as far as the program asks for them.
    pub args: [u64; 6],
    /// What the program's ops captured.
    pub captures: View<'a>,
}

impl Raw<'_> {
    pub(crate) fn arg(&self, n: u8) -> u64 {
        self.args.get(usize::from(n)).copied().unwrap_or(0)
    }

    fn holds(&self, when: When) -> bool {
        match when {
            When::Always => true,
            When::Done => self.ret >= 0,
            When::Zero => self.ret == 0,
            When::Positive => self.ret > 0,
            When::Connected => self.ret == 0 || self.ret == -i64::from(nix::libc::EINPROGRESS),
        }
    }

    fn from(&self, from: From, memory: usize) -> Option<u64> {
        match from {
            From::Ret => Some(self.ret.cast_unsigned()),
            From::Arg(n) => Some(self.arg(n)),
            From::Mem { at, width, .. } => self.captures.number(memory, usize::from(at), usize::from(width)),
            From::Const(value) => Some(value.cast_unsigned()),
        }
    }
}

/// Writes events. One is enough for a recording.
#[derive(Debug, Default)]
pub struct Finisher {
    event: EventBuf,
    scratch: Vec<u8>,
}

/// Captures of each message of a `sendmmsg` or `recvmmsg`: length, data, control, name, tuple.
const PER_MESSAGE: usize = 5;

impl Finisher {
    /// Gives the events of one call to `sink`: one, or for calls that carry several messages one for each.
    /// Returns how many.
    pub fn finish(
        &mut self,
        program: &Program,
        raw: &Raw<'_>,
        ts: u64,
        cpu: u16,
        sink: &mut dyn FnMut(&Event<'_>),
    ) -> usize {
        let events = if program.each { (raw.captures.len() / PER_MESSAGE).max(1) } else { 1 };
        for message in 0..events {
            self.event.reset(program.code, ts, i64::from(raw.tid));
            self.event.cpu = cpu;
            for step in &program.steps {
                self.param(program, step, raw, message * PER_MESSAGE);
            }
            sink(&self.event.as_event());
        }
        events
    }

    fn number(&mut self, value: u64, width: usize) {
        self.event.push(value.to_le_bytes().get(..width).unwrap_or(&[]));
    }

    /// A parameter that is put together in `scratch`.
    fn built(&mut self, build: impl FnOnce(&mut Vec<u8>)) {
        self.scratch.clear();
        build(&mut self.scratch);
        self.event.push(&self.scratch);
    }

    fn param(&mut self, program: &Program, step: &Step, raw: &Raw<'_>, message: usize) {
        let (at, width) = (step.capture, step.width);
        match step.fetch {
            Fetch::Empty => {
                self.event.push(&[]);
            }
            Fetch::Number { from, when, otherwise, .. } => {
                let value = if raw.holds(when) { raw.from(from, step.memory) } else { None };
                self.number(value.map_or(otherwise.cast_unsigned(), |v| convert(step, v)), width);
            }
            Fetch::Text { .. } | Fetch::Data { .. } => {
                self.event.push(raw.captures.bytes(at));
            }
            Fetch::Vector { part: VectorPart::Data, .. } => {
                self.event.push(raw.captures.bytes(at));
            }
            Fetch::Vector { .. } => self.number(u64::from(raw.captures.aux(at)), width),
            Fetch::Message { part, .. } => self.message(part, raw, at, width),
            Fetch::EachMessage(part) => self.each(part, raw, message, width),
            Fetch::Address { .. } => self.built(|out| socket::address(raw.captures.bytes(at), out)),
            Fetch::Tuple { direction, .. } => {
                self.built(|out| socket::tuple(raw.captures.bytes(at), direction, out));
            }
            Fetch::Polled { .. } => self.built(|out| polled(raw.captures.bytes(at), out)),
            Fetch::Task(part) => match lifecycle::number(raw, part, at) {
                Some(value) => self.number(value, width),
                None => self.built(|out| lifecycle::text(raw, part, at, step.memory, out)),
            },
            Fetch::FilePath => self.built(|out| lifecycle::path(raw, at, out)),
            Fetch::SockOptValue { .. } => self.built(|out| socket::option_value(raw, at, out)),
            Fetch::PtraceAddr => self.built(|out| special::ptrace_addr(raw, out)),
            Fetch::PtraceData => self.built(|out| special::ptrace_data(raw, at, out)),
            Fetch::Keyctl(n) => self.built(|out| special::keyctl(raw, n, at, out)),
            Fetch::PrctlText => {
                self.event.push(special::prctl_text(raw, at));
            }
            _ => self.number(derived(program, step, raw), width),
        }
    }

    fn message(&mut self, part: MessagePart, raw: &Raw<'_>, at: usize, width: usize) {
        match part {
            MessagePart::Data | MessagePart::Control => {
                self.event.push(raw.captures.bytes(at));
            }
            MessagePart::Asked | MessagePart::Length => match raw.captures.aux(at) {
                // The message itself could not be read.
                u32::MAX => {
                    self.event.push(&[]);
                }
                asked => self.number(u64::from(asked), width),
            },
            MessagePart::Tuple(direction) => {
                self.built(|out| socket::tuple(raw.captures.bytes(at), direction, out));
            }
        }
    }

    fn each(&mut self, part: MessagePart, raw: &Raw<'_>, message: usize, width: usize) {
        match part {
            MessagePart::Length => {
                let failed = if width == 8 { raw.ret.cast_unsigned() } else { 0 };
                self.number(raw.captures.number(message, 0, 4).unwrap_or(failed), width);
            }
            MessagePart::Asked => self.number(u64::from(raw.captures.aux(message + 1)), width),
            MessagePart::Data => self.message(part, raw, message + 1, width),
            MessagePart::Control => self.message(part, raw, message + 2, width),
            MessagePart::Tuple(_) => self.message(part, raw, message + 4, width),
        }
    }
}

/// Numbers that are more than one argument or field.
fn derived(program: &Program, step: &Step, raw: &Raw<'_>) -> u64 {
    let at = step.capture;
    let field = |offset, width| raw.captures.number(at, offset, width).unwrap_or(0);
    match step.fetch {
        Fetch::OpenFlags(from) => {
            let flags = raw.from(from, step.memory).unwrap_or(0);
            u64::from(open_flags(step, flags, field(FILE_MODE, 4), field(FILE_LAYER, 4)))
        }
        Fetch::OpenMode { flags, mode } => {
            let makes = raw.from(flags, at).is_some_and(|f| f & O_CREAT != 0 || f & O_TMPFILE == O_TMPFILE);
            if makes { raw.from(mode, step.memory).unwrap_or(0) & PERMISSIONS } else { 0 }
        }
        Fetch::CreatFlags => field(FILE_LAYER, 4),
        Fetch::FileInode => field(0, 8),
        Fetch::FileDev => field(FILE_DEV, 4),
        Fetch::Queue(part) => queue(part, field(0, 4), field(4, 4)),
        Fetch::Memory(part) => {
            let (offset, width) = lifecycle::memory(0, part);
            field(offset, width)
        }
        Fetch::Capability(n) => field(usize::from(n) * 8, 8),
        Fetch::PairFd { which, .. } => {
            let fd = raw.captures.number(at, usize::from(which) * 4, 4);
            fd.map_or(u64::MAX, |fd| int(fd).cast_unsigned())
        }
        Fetch::PairSocket { which, .. } => field(8 + usize::from(which) * 8, 8),
        Fetch::PairInode { .. } => field(8, 8),
        Fetch::Time { .. } => field(0, 8).wrapping_mul(1_000_000_000).wrapping_add(field(8, 8)),
        Fetch::SockOptName => socket::option_name(raw),
        Fetch::Quota(part) => special::quota(raw, part, at),
        Fetch::PrctlNumber => special::prctl_number(raw, at),
        Fetch::SemctlValue => special::semctl_value(raw),
        Fetch::Semop { which, field } => special::semop(raw, at, which, field),
        Fetch::CloneFlags(from) => {
            let flags = raw.from(from, step.memory).unwrap_or(0);
            let known = step.table.as_ref().map_or(0, |t| t.flags(flags));
            u64::from(known | lifecycle::in_pid_namespace(raw, at))
        }
        Fetch::ExitStatus => raw.ret.cast_unsigned(),
        Fetch::ExitCode => lifecycle::exit_status(raw.ret).0.cast_unsigned(),
        Fetch::ExitSignal => lifecycle::exit_status(raw.ret).1,
        Fetch::ExitCore => u64::from(lifecycle::exit_status(raw.ret).2),
        Fetch::Reaper => int(raw.arg(0)).cast_unsigned(),
        Fetch::SignalSender => raw.arg(0),
        Fetch::SignalReceiver => u64::from(raw.tid),
        Fetch::Signal => raw.ret.cast_unsigned(),
        Fetch::SyscallId => u64::from(program.sc),
        Fetch::NativeId => u64::from(raw.nr),
        // All others are no numbers and were dealt with before.
        _ => 0,
    }
}

/// Layout of `struct file_info` in `bpf/plan.h`; the inode comes first.
const FILE_DEV: usize = 8;
const FILE_MODE: usize = 12;
const FILE_LAYER: usize = 16;

const O_CREAT: u64 = 0o100;
const O_TMPFILE: u64 = 0o20_200_000;
const PERMISSIONS: u64 = 0o7777;

/// `layer` is 1 for an overlay's upper layer, 2 for a lower one.
fn open_flags(step: &Step, flags: u64, file_mode: u64, layer: u64) -> u32 {
    const FMODE_CREATED: u64 = 1 << 20;
    let access = match flags & 3 {
        1 => 2,
        2 => 3,
        _ => 1,
    };
    let created = if file_mode & FMODE_CREATED != 0 { 0x4000 } else { 0 };
    let layer = match layer {
        1 => 0x8000,
        2 => 0x10000,
        _ => 0,
    };
    access | created | layer | step.table.as_ref().map_or(0, |t| t.flags(flags))
}

const fn queue(part: QueuePart, len: u64, max: u64) -> u64 {
    match part {
        QueuePart::Percent if max > 0 => len * 100 / max,
        QueuePart::Percent => 0,
        QueuePart::Len => len,
        QueuePart::Max => max,
    }
}

/// The low 32 bits as a signed number.
#[allow(clippy::cast_possible_truncation, reason = "the upper half is what is to be left out")]
const fn int(value: u64) -> i64 {
    (value as u32).cast_signed() as i64
}

fn convert(step: &Step, value: u64) -> u64 {
    let Fetch::Number { to, .. } = step.fetch else { return value };
    let table = step.table.as_ref();
    match to {
        Convert::Full => value,
        Convert::Int | Convert::DirFd => int(value).cast_unsigned(),
        Convert::Word => value & 0xffff_ffff,
        Convert::Flags(_) => u64::from(table.map_or(0, |t| t.flags(value & 0xffff_ffff))),
        Convert::Choice(kernel) => choice(step, kernel, value & 0xffff_ffff),
        Convert::Permissions => value & PERMISSIONS,
        Convert::FileMode => match value & 0o170_000 {
            0 => value & PERMISSIONS | 0o100_000,
            kind @ (0o140_000 | 0o100_000 | 0o60_000 | 0o20_000 | 0o10_000) => value & PERMISSIONS | kind,
            _ => value & PERMISSIONS,
        },
        Convert::Family => u64::from(socket::family(value)),
        Convert::SocketFlags => u64::from(table.map_or(0, |t| t.flags(value & 0o2_004_000))),
        Convert::Futex => {
            const LAST: u64 = 12;
            (if value & 0x7f <= LAST { value & 0x7f } else { 0 }) | value & 0x180
        }
        Convert::Mount if value & 0xffff_0000 == 0xc0ed_0000 => value & 0xffff,
        Convert::Mount => value & 0xffff_ffff,
        Convert::Access => value & 7,
        Convert::QuotaType | Convert::QuotaCommand => special::convert(to, value),
    }
}

fn choice(step: &Step, kernel: Kernel, value: u64) -> u64 {
    let known = step.table.as_ref().and_then(|t| t.choice(value));
    u64::from(known.unwrap_or_else(|| unnamed(kernel)))
}

/// Polled fds: u16 count, then i64 fd and i16 returned events for each. `raw` is the `pollfd` array.
fn polled(raw: &[u8], out: &mut Vec<u8>) {
    /// Kernel bit and schema bit of each event.
    const EVENTS: [(u16, u16); 11] = [
        (0x1, 0x1),
        (0x2, 0x2),
        (0x4, 0x4),
        (0x2000, 0x8),
        (0x8, 0x10),
        (0x10, 0x20),
        (0x20, 0x40),
        (0x40, 0x80),
        (0x80, 0x100),
        (0x100, 0x200),
        (0x200, 0x400),
    ];
    let entries = raw.chunks_exact(8);
    out.extend_from_slice(&u16::try_from(entries.len()).unwrap_or(u16::MAX).to_le_bytes());
    for e in entries {
        let fd = i64::from(i32::from_le_bytes([e[0], e[1], e[2], e[3]]));
        let returned = u16::from_le_bytes([e[6], e[7]]);
        let events = EVENTS.iter().filter(|(k, _)| returned & k != 0).fold(0, |all, (_, s)| all | s);
        out.extend_from_slice(&fd.to_le_bytes());
        out.extend_from_slice(&events.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Flavor, compile};
    use scap_schema::{code, syscall_by_name};

    fn event_of(name: &str, ret: i64, args: [u64; 6], captures: &[(&[u8], u32)]) -> EventBuf {
        let call = syscall_by_name(name).unwrap();
        let program = compile(call.exit, call.sc, Flavor::Ours).unwrap();
        let mut all = Captures::default();
        for (bytes, aux) in captures {
            all.push(bytes, *aux);
        }
        let mut finisher = Finisher::default();
        let raw = Raw { tid: 7, nr: 1, ret, args, captures: all.view() };
        let mut events = 0;
        finisher.finish(&program, &raw, 1, 0, &mut |e| {
            assert_eq!(e.params.len(), e.info().unwrap().params.len());
            events += 1;
        });
        assert!(events > 0);
        finisher.event
    }

    #[test]
    fn an_open_that_creates_tells_so() {
        let mut file = [0u8; 24];
        file[0] = 42;
        file[8] = 0x11;
        file[14] = 0x10; // FMODE_CREATED
        file[16] = 1;
        let at_fdcwd = u64::from((-100i32).cast_unsigned());
        let e = event_of("openat", 3, [at_fdcwd, 0, 0o101, 0o644, 0, 0], &[(b"/tmp/x\0", 0), (&file, 0)]);
        let e = e.as_event();
        assert_eq!((e.i64(0), e.i64(1), e.text(2)), (Some(3), Some(-100), Some(&b"/tmp/x"[..])));
        assert_eq!(e.u32(3), Some(2 | 4 | 0x4000 | 0x8000));
        assert_eq!((e.u32(4), e.u32(5), e.u64(6)), (Some(0o644), Some(0x11), Some(42)));
    }

    #[test]
    fn several_messages_give_several_events() {
        let call = syscall_by_name("sendmmsg").unwrap();
        let program = compile(call.exit, call.sc, Flavor::Ours).unwrap();
        assert_eq!(program.code, code::SOCKET_SENDMMSG_X);
        let mut all = Captures::default();
        for n in [3u32, 5] {
            all.push(&n.to_le_bytes(), 0);
            all.push(b"abc", 9);
            all.push(b"", 0);
            all.push(b"", 0);
            all.push(b"", 0);
        }
        let raw = Raw { tid: 7, nr: 307, ret: 2, args: [4, 0, 0, 0, 0, 0], captures: all.view() };
        let mut seen = Vec::new();
        Finisher::default().finish(&program, &raw, 1, 0, &mut |e| {
            seen.push((e.i64(0).unwrap(), e.i64(1).unwrap(), e.u32(2).unwrap()));
        });
        assert_eq!(seen, [(3, 4, 9), (5, 4, 9)]);
    }

    #[test]
    fn a_failed_pipe_has_no_fds() {
        let e = event_of("pipe2", -14, [0, 0o2_000_000, 0, 0, 0, 0], &[(&[0xff; 8], 0)]);
        assert_eq!((e.as_event().i64(1), e.as_event().u32(4)), (Some(-1), Some(0x1000)));
    }

    #[test]
    fn captures_that_run_past_the_end_are_left_out() {
        let mut captures = Captures::default();
        let mut data = vec![3, 0, 0, 0, 9, 0, 0, 0, b'a', b'b', b'c', 0, 0, 0, 0, 0];
        data.extend_from_slice(&[200, 0, 0, 0, 0, 0, 0, 0, 1]);
        let view = captures.parse(&data);
        assert_eq!((view.len(), view.bytes(0), view.aux(0)), (1, &b"abc"[..], 9));
    }
}
