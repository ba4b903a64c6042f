//! The events that the conditions are asked about: a small machine, what happened before, and the event.

use scap_analyze::fields::Fields;
use scap_analyze::replay::Cursor;
use scap_format::block::Block;
use scap_format::snapshot::{FdEntry, FdKind, ThreadEntry};
use scap_format::{Event, EventBuf};
use scap_schema::code;
use scap_state::State;

/// Events in their order; the last one is looked at.
pub(crate) struct Scene {
    machine: Vec<Block<'static>>,
    events: Vec<EventBuf>,
}

impl Scene {
    /// The scene that the tables call `name`.
    pub(crate) fn named(name: &str) -> Scene {
        let events = match name {
            "read hello" => vec![read(b"hello")],
            "read a\\0b" => vec![read(b"a\0b")],
            "read gigi" => vec![read(b"gigi")],
            "read six bytes" => vec![read(&[1, 2, 3, 4, 5, 6])],
            "open" => vec![open(1, 3, b"/tmp/file_to_run", 0)],
            "open failed" => vec![open(1, -1, b"/tmp/the_file", 0)],
            "open by a stranger" => vec![open(3, 1, b"/opt/dir/subdir/file.txt", 0)],
            "open by a stranger with O_CREAT" => vec![open(3, 1, b"/opt/dir/SUBDIR/file.txt", 7)],
            "open of bad bytes" => vec![open(1, 3, b"/p\xff/q\xff", 3)],
            "socket" => vec![socket()],
            "connect ipv4" => vec![socket(), connect(&[172, 40, 111, 222], &[142, 251, 111, 147])],
            "connect ipv6" => vec![
                socket(),
                connect(
                    &std::net::Ipv6Addr::LOCALHOST.octets(),
                    &std::net::Ipv6Addr::new(0x2001, 0x4860, 0x4860, 0, 0, 0, 0, 0x8888).octets(),
                ),
            ],
            "epoll_create" => vec![epoll_create(-22, 0)],
            "epoll_create of size -22" => vec![epoll_create(0, -22)],
            "getcwd failed" => vec![result_and_texts(code::SYSCALL_GETCWD_X, -1, &[b"/test/dir"])],
            "rename of bad bytes" => {
                vec![result_and_texts(code::SYSCALL_RENAME_X, 0, &[b"/tmp/s\xff", b"/tmp/t\xff"])]
            }
            "chdir to bad bytes" => vec![result_and_texts(code::SYSCALL_CHDIR_X, 0, &[b"/tmp/c\xff"])],
            "open_by_handle_at of bad bytes" => vec![open_by_handle_at(b"/tmp/a\xff")],
            "signalfd4" => vec![signalfd4()],
            "timerfd_create" => vec![timerfd_create()],
            "splice" => vec![splice()],
            "procexit" => vec![procexit()],
            "execve" => vec![execve(1, 1, b"/bin/test-exe", b"test-exe", Known::All)],
            "execve of few parameters" => vec![execve(1, 1, b"/bin/test-exe", b"test-exe", Known::Few)],
            "execve of myexe" => vec![execve(1, 0, b"/myexe", b"myexe", Known::All)],
            "execve of bad\\xff" => vec![execve(1, 1, b"/bin/bad\xff", b"bad\xff", Known::All)],
            "execve of single quotes" => vec![execve(1, 0, b"/q", b"hello 'quoted'", Known::All)],
            "execve of double quotes" => vec![execve(1, 0, b"/q", b"hello \"quoted\"", Known::All)],
            "execve in a tree" => vec![execve(87, 82, b"/good-exe", b"good-exe", Known::All)],
            _ => panic!("no event is called {name:?}"),
        };
        Scene { machine: machine(), events }
    }

    /// Lets it happen, and hands the fields of the last event to `look`.
    pub(crate) fn look<T>(mut self, look: impl FnOnce(&Fields<'_>) -> T) -> T {
        let mut cursor = Cursor::new();
        for block in &self.machine {
            cursor.feed(block, |_, _| -> Result<(), ()> { Ok(()) }).expect("nothing is visited");
        }
        let last = self.events.pop().expect("an event");
        for event in &self.events {
            cursor
                .feed(&Block::Event(event.as_event()), |_, _| -> Result<(), ()> { Ok(()) })
                .expect("no error");
        }
        let mut seen = None;
        let visit = |event: Event<'_>, state: &State| -> Result<(), ()> {
            seen = Some(look(&Fields::new(event, state)));
            Ok(())
        };
        cursor.feed(&Block::Event(last.as_event()), visit).expect("looking cannot fail");
        seen.expect("the event is shown")
    }
}

/// `init`, with the null device on fd 0, and a chain of shells below it.
fn machine() -> Vec<Block<'static>> {
    let process = |tid: i64, ptid: i64, comm: &str, args: &[u8]| ThreadEntry {
        tid,
        pid: tid,
        ptid,
        vpgid: tid,
        vtid: tid,
        vpid: tid,
        comm: comm.into(),
        exe: b"/sbin/init".to_vec(),
        exepath: b"/sbin/init".to_vec(),
        args: args.to_vec(),
        cwd: b"/root/".to_vec(),
        ..ThreadEntry::default()
    };
    let null = FdEntry {
        fd: 0,
        ino: 5,
        kind: FdKind::Regular { flags: 1, name: b"/dev/null".to_vec(), mount_id: 25, dev: 0 },
    };
    let threads = vec![
        process(1, 0, "init", b"context\0ls\0"),
        process(25, 1, "bash", b""),
        process(72, 25, "bash", b""),
        process(76, 72, "bash", b""),
        process(82, 76, "bash", b""),
        process(87, 82, "bash", b""),
    ];
    vec![Block::Threads(threads), Block::Fds { tid: 1, fds: vec![null] }]
}

fn event(code: u16, tid: i64) -> EventBuf {
    let mut event = EventBuf::new(code, 1_566_230_400_000_000_000, tid);
    (event.num, event.cpu) = (1, 1);
    event
}

fn read(data: &[u8]) -> EventBuf {
    let mut event = event(code::SYSCALL_READ_X, 1);
    event.push(&0i64.to_le_bytes()).push(data).push(&0i64.to_le_bytes()).push(&0u32.to_le_bytes());
    event
}

fn open(tid: i64, fd: i64, name: &[u8], flags: u32) -> EventBuf {
    let mut event = event(code::SYSCALL_OPEN_X, tid);
    event.push(&fd.to_le_bytes()).push_text(name).push(&flags.to_le_bytes());
    event.push(&0u32.to_le_bytes()).push(&5u32.to_le_bytes()).push(&123u64.to_le_bytes());
    event
}

/// A stream socket of the internet, fd 4.
fn socket() -> EventBuf {
    let mut event = event(code::SOCKET_SOCKET_X, 1);
    event.push(&4i64.to_le_bytes()).push(&2u32.to_le_bytes()).push(&1u32.to_le_bytes());
    event.push(&0u32.to_le_bytes()).push(&0u32.to_le_bytes());
    event
}

/// fd 4 connects port 54321 of `client` with port 443 of `server`.
fn connect(client: &[u8], server: &[u8]) -> EventBuf {
    let family = if client.len() == 4 { 2 } else { 10 };
    let far = [server, &443u16.to_le_bytes()].concat();
    let tuple = [&[family], client, &54321u16.to_le_bytes(), &far].concat();
    let mut event = event(code::SOCKET_CONNECT_X, 1);
    event.push(&0i64.to_le_bytes()).push(&tuple).push(&4i64.to_le_bytes());
    event.push(&[&[family], far.as_slice()].concat());
    event
}

fn epoll_create(result: i64, size: i32) -> EventBuf {
    let mut event = event(code::SYSCALL_EPOLL_CREATE_X, 1);
    event.push(&result.to_le_bytes()).push(&size.to_le_bytes());
    event
}

/// An event whose parameters are a result and strings.
fn result_and_texts(code: u16, result: i64, texts: &[&[u8]]) -> EventBuf {
    let mut event = event(code, 1);
    event.push(&result.to_le_bytes());
    for text in texts {
        event.push_text(text);
    }
    event
}

/// Device and inode were not recorded yet.
fn open_by_handle_at(path: &[u8]) -> EventBuf {
    let mut event = event(code::SYSCALL_OPEN_BY_HANDLE_AT_X, 1);
    event.push(&4i64.to_le_bytes()).push(&5i64.to_le_bytes()).push(&3u32.to_le_bytes()).push_text(path);
    event
}

fn signalfd4() -> EventBuf {
    let mut event = event(code::SYSCALL_SIGNALFD4_X, 1);
    event.push(&(-1i64).to_le_bytes()).push(&512u16.to_le_bytes());
    event.push(&9i64.to_le_bytes()).push(&0u32.to_le_bytes());
    event
}

fn timerfd_create() -> EventBuf {
    let mut event = event(code::SYSCALL_TIMERFD_CREATE_X, 1);
    event.push(&0i64.to_le_bytes()).push(&[255]).push(&[255]);
    event
}

fn splice() -> EventBuf {
    let mut event = event(code::SYSCALL_SPLICE_X, 1);
    for _ in 0..3 {
        event.push(&(-1i64).to_le_bytes());
    }
    event.push(&512u64.to_le_bytes()).push(&0u32.to_le_bytes());
    event
}

/// Process 2, of which nothing is known, ends; `init` inherits its children.
fn procexit() -> EventBuf {
    let mut event = event(code::PROCEXIT_1_E, 2);
    event.push(&0i64.to_le_bytes()).push(&(-1i64).to_le_bytes()).push(&[0]).push(&[0]);
    event.push(&1i64.to_le_bytes());
    event
}

/// How much of an `execve` was recorded.
#[derive(PartialEq, Eq)]
enum Known {
    All,
    /// What old recorders knew: empty from the login user to the group.
    Few,
}

/// `execve` by `tid`; numbers that nobody asks about are 0.
fn execve(tid: i64, ptid: i64, exe: &[u8], comm: &[u8], known: Known) -> EventBuf {
    let mut event = event(code::SYSCALL_EXECVE_19_X, tid);
    event.push(&0i64.to_le_bytes()).push_text(exe).push(b"");
    event.push(&tid.to_le_bytes()).push(&tid.to_le_bytes()).push(&ptid.to_le_bytes()).push_text(b"");
    event.push(&[0; 8]).push(&[0; 8]).push(&[0; 8]);
    event.push(&[0; 4]).push(&[0; 4]).push(&[0; 4]);
    event.push_text(comm).push(b"").push(b"").push(&[0; 4]).push(&[0; 8]);
    if known == Known::All {
        event.push(&[0; 4]).push(&[0; 4]);
        for _ in 0..6 {
            event.push(&[0; 8]);
        }
        event.push(&[0; 4]).push_text(b"").push(&[0; 8]).push(&[0; 4]);
    } else {
        for _ in 18..30 {
            event.push(b"");
        }
    }
    event.push_text(exe);
    event
}
