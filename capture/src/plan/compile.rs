//! From a row of the schema's fetch plan to a program: ops to capture, steps to finish.
//!
//! Runs once per event type when a recording starts.

use super::kernel::Table;
use super::op::{Kind, MAX_OPS, NO_SLOT, Op, RET_SLOT};
use super::special;
use scap_schema::fetch::{
    Convert, Direction, Fetch, From, Keep, Kernel, Length, MessagePart, Only, TaskPart, When, fetch,
};
use scap_schema::{EventInfo, ParamDetail, ParamInfo, code, event, flags};

/// Where the strings of a task come from, which differs while the rest is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavor {
    /// The process's own memory: any call but a failed exec.
    Ours,
    /// A successful exec, taken where the kernel still has the path.
    Execed,
    /// A failed exec: the arguments of the call.
    Refused {
        /// Argument with the path.
        path: u8,
        /// Argument with the argument array; the environment's is the next one.
        argv: u8,
    },
}

/// How to record one system call (or one of the other kinds of event).
#[derive(Debug)]
pub struct Program {
    /// Code of the event.
    pub code: u16,
    /// `ppm_sc` code of the call, 0 for events that are none.
    pub sc: u16,
    /// How many arguments are needed.
    pub args: u8,
    /// What to capture, in this order.
    pub ops: Vec<Op>,
    pub(crate) steps: Vec<Step>,
    /// Whether one call gives an event per message.
    pub(crate) each: bool,
}

/// How to finish one parameter.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) fetch: Fetch,
    /// Index of its capture.
    pub(crate) capture: usize,
    /// Index of the capture its number (or its second one) comes from.
    pub(crate) memory: usize,
    /// Bytes, for a number.
    pub(crate) width: usize,
    /// For flags and choices.
    pub(crate) table: Option<Table>,
}

/// The program of event `code` for the call `sc`; `None` if the schema has no row for it, or (which a test
/// rules out) a row with more ops than a call may have.
#[must_use]
pub fn compile(code: u16, sc: u16, flavor: Flavor) -> Option<Program> {
    let info = event(code)?;
    let row = fetch(code)?;
    let mut compiler = Compiler { ops: Vec::new(), args: 0, flavor };
    let steps: Vec<Step> = row.iter().zip(info.params).map(|(f, p)| compiler.step(info, *f, p)).collect();
    let Compiler { ops, args, .. } = compiler;
    let each = row.iter().any(|f| matches!(f, Fetch::EachMessage(_)));
    (ops.len() <= MAX_OPS).then_some(Program { code, sc, args, ops, steps, each })
}

struct Compiler {
    ops: Vec<Op>,
    args: u8,
    flavor: Flavor,
}

impl Compiler {
    fn step(&mut self, info: &EventInfo, fetch: Fetch, param: &ParamInfo) -> Step {
        let (capture, memory) = self.captures(info, fetch);
        Step { fetch, capture, memory, width: param.ty.fixed_len().unwrap_or(8), table: table(fetch, param) }
    }

    /// Index of the first capture of `op`, which is added unless it is there already.
    fn place(&mut self, op: Op) -> usize {
        let mut at = 0;
        for known in &mut self.ops {
            let field = known.kind == Kind::Mem as u8 && Op { limit: op.limit, ..*known } == op;
            if *known == op || field {
                // Fields of one structure are captured together.
                known.limit = known.limit.max(op.limit);
                return at;
            }
            at += known.captures();
        }
        self.ops.push(op);
        at
    }

    /// Notes that argument `n` is needed as a number.
    fn arg(&mut self, n: u8) {
        self.args = self.args.max(n + 1);
    }

    fn from(&mut self, from: From) -> usize {
        match from {
            From::Arg(n) => {
                self.arg(n);
                0
            }
            From::Mem { arg, at, width } => self.place(mem(arg, u32::from(at) + u32::from(width))),
            From::Ret | From::Const(_) => 0,
        }
    }

    /// Captures for one parameter: index of its own, and of the memory its number comes from.
    fn captures(&mut self, info: &EventInfo, fetch: Fetch) -> (usize, usize) {
        match fetch {
            Fetch::Number { from, .. } => {
                let memory = self.from(from);
                (memory, memory)
            }
            Fetch::CloneFlags(from) => (self.place(Op::new(Kind::Task)), self.from(from)),
            Fetch::OpenFlags(from) => (self.place(file()), self.from(from)),
            Fetch::OpenMode { flags, mode } => (self.from(flags), self.from(mode)),
            Fetch::Message { at, part, when } => self.message(info, at, part, when),
            Fetch::Task(part) => self.task(part),
            _ => {
                let op = simple(info, fetch).or_else(|| special::op(fetch));
                for n in special::args(fetch) {
                    self.arg(*n);
                }
                (op.map_or(0, |op| self.place(op)), 0)
            }
        }
    }

    fn message(&mut self, info: &EventInfo, at: u8, part: MessagePart, when: When) -> (usize, usize) {
        // What was to be sent is there even if it was not sent; what was received only if it was.
        let all = if info.code == code::SOCKET_SENDMSG_X { When::Always } else { When::Done };
        let flags = Op::SNAPLEN | Op::RET_LIMITS;
        let first = self.place(Op { a: at, when: all as u8, flags, ..Op::new(Kind::Message) });
        match part {
            MessagePart::Data | MessagePart::Asked | MessagePart::Length => (first, 0),
            MessagePart::Control => (first + 1, 0),
            // The op before it has left the address of the name in slot 7.
            MessagePart::Tuple(direction) => (self.place(Op { a: 0, b: 7, ..tuple(direction, when) }), 0),
        }
    }

    fn task(&mut self, part: TaskPart) -> (usize, usize) {
        let strings = |at: u8| Op { a: at, ..Op::new(Kind::Strings) };
        let numbers = self.place(Op::new(Kind::Task));
        let own = match (part, self.flavor) {
            (TaskPart::Exe | TaskPart::Args, Flavor::Refused { argv, .. }) => strings(argv),
            (TaskPart::Env, Flavor::Refused { argv, .. }) => strings(argv + 1),
            (TaskPart::Filename, Flavor::Refused { path, .. }) => text(path, When::Always),
            (TaskPart::Exe | TaskPart::Args, _) => Op { when: When::Done as u8, ..Op::new(Kind::Args) },
            (TaskPart::Env, _) => Op::new(Kind::Env),
            (TaskPart::Filename, _) => Op::new(Kind::Filename),
            (TaskPart::Cgroups, _) => Op::new(Kind::Cgroups),
            (TaskPart::ExePath, _) => Op::new(Kind::Exe),
            _ => return (numbers, 0),
        };
        (self.place(own), numbers)
    }
}

/// The one op of a fetch that needs just one.
fn simple(info: &EventInfo, fetch: Fetch) -> Option<Op> {
    let inbound = if info.code == code::SOCKET_RECVMMSG_X { Op::INBOUND } else { 0 };
    Some(match fetch {
        Fetch::CreatFlags | Fetch::FileDev | Fetch::FileInode => file(),
        Fetch::FilePath => Op { a: RET_SLOT, when: When::Done as u8, ..Op::new(Kind::Path) },
        Fetch::Text { at, when, only } => select(text(at, when), only),
        Fetch::Data { at, len, keep, when, only } => select(data(at, len, keep, when), only),
        Fetch::Vector { at, count, when, .. } => {
            let flags = Op::SNAPLEN | Op::RET_LIMITS;
            Op { a: at, b: count, when: when as u8, flags, ..Op::new(Kind::Vector) }
        }
        Fetch::EachMessage(_) => {
            Op { a: 1, when: When::Positive as u8, flags: inbound, ..Op::new(Kind::Messages) }
        }
        Fetch::Address { at, len } => Op { a: at, b: len, ..Op::new(Kind::Address) },
        Fetch::Tuple { fd, direction, given, when } => Op {
            a: if let From::Arg(n) = fd { n } else { RET_SLOT },
            b: given.unwrap_or(NO_SLOT),
            ..tuple(direction, when)
        },
        Fetch::Queue(_) => Op { a: 0, when: When::Done as u8, ..Op::new(Kind::Queue) },
        Fetch::Memory(_) => Op::new(Kind::Memory),
        Fetch::Capability(_) => Op::new(Kind::Capabilities),
        Fetch::PairFd { at, sockets: true, .. } | Fetch::PairSocket { at, .. } => {
            Op { a: at, ..Op::new(Kind::Sockets) }
        }
        Fetch::PairFd { at, .. } | Fetch::PairInode { at } => Op { a: at, ..Op::new(Kind::Pipe) },
        Fetch::Polled { at, count } => Op { a: at, b: count, limit: 16, ..Op::new(Kind::Polled) },
        Fetch::Time { at } => mem(at, 16),
        _ => return None,
    })
}

/// libscap's limit for paths and other strings, NUL included.
const TEXT_MAX: u32 = 4096;

pub(crate) fn text(at: u8, when: When) -> Op {
    Op { a: at, when: when as u8, limit: TEXT_MAX, ..Op::new(Kind::Text) }
}

pub(crate) fn mem(at: u8, len: u32) -> Op {
    Op { a: at, limit: len, ..Op::new(Kind::Mem) }
}

/// `op`, done only for the argument values that `only` names.
pub(crate) fn select(op: Op, only: Option<Only>) -> Op {
    let Some(only) = only else { return op };
    let mask = only.values.iter().fold(0, |mask, v| mask | 1u64 << (v & 63));
    Op { select: only.arg, shift: only.shift, mask, ..op }
}

fn data(at: u8, len: Length, keep: Keep, when: When) -> Op {
    let (b, c) = match len {
        Length::Ret => (RET_SLOT, NO_SLOT),
        Length::RetOr(n) => (n, RET_SLOT),
        Length::Arg(n) => (n, NO_SLOT),
    };
    let (flags, limit) = match keep {
        Keep::Snaplen => (Op::SNAPLEN, 0),
        Keep::AtMost(n) => (0, u32::from(n)),
    };
    Op { a: at, b, c, flags, limit, when: when as u8, ..Op::new(Kind::Data) }
}

fn file() -> Op {
    Op { a: RET_SLOT, when: When::Done as u8, ..Op::new(Kind::File) }
}

fn tuple(direction: Direction, when: When) -> Op {
    let flags = if direction == Direction::In { Op::INBOUND } else { 0 };
    Op { flags, when: when as u8, ..Op::new(Kind::Tuple) }
}

fn table(fetch: Fetch, param: &ParamInfo) -> Option<Table> {
    match (fetch, param.detail) {
        (
            Fetch::Number { to: Convert::Flags(kernel) | Convert::Choice(kernel), .. },
            ParamDetail::Flags(set),
        ) => Some(Table::new(kernel, set)),
        // Its parameter is a plain number in some rows, but means file flags all the same.
        (Fetch::Number { to: Convert::SocketFlags, .. } | Fetch::OpenFlags(_), _) => {
            Some(Table::new(Kernel::Open, &flags::FILE_FLAGS))
        }
        (Fetch::CloneFlags(_), ParamDetail::Flags(set)) => Some(Table::new(Kernel::Clone, set)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scap_schema::{fetch::fetches, syscalls};

    #[test]
    fn every_row_compiles_within_the_limits() {
        for (code, row) in fetches() {
            for flavor in [Flavor::Ours, Flavor::Execed, Flavor::Refused { path: 0, argv: 1 }] {
                let program = compile(*code, 0, flavor).unwrap_or_else(|| panic!("event {code}"));
                assert_eq!(program.steps.len(), row.len());
                assert!(program.args <= 6);
            }
        }
    }

    #[test]
    fn an_open_looks_at_its_file_once() {
        let open = syscalls().iter().find(|s| s.name == "openat").unwrap();
        let program = compile(open.exit, open.sc, Flavor::Ours).unwrap();
        let kinds: Vec<_> = program.ops.iter().map(|op| op.kind).collect();
        assert_eq!(kinds, [Kind::Text as u8, Kind::File as u8]);
        assert_eq!(program.args, 4);
    }

    #[test]
    fn fields_of_one_structure_are_captured_together() {
        let call = syscalls().iter().find(|s| s.name == "openat2").unwrap();
        let program = compile(call.exit, call.sc, Flavor::Ours).unwrap();
        let how = program.ops.iter().find(|op| op.kind == Kind::Mem as u8).unwrap();
        assert_eq!((how.a, how.limit), (2, 24));
    }
}
