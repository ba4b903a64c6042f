//! Tests of rendering against what Falco prints, and with hostile events.

use super::*;
use proptest::prelude::*;
use scap_format::EventBuf;
use scap_schema::code;

/// A thread with three fds in /home/u, one other process, one user.
struct Known;

impl Context for Known {
    fn thread_known(&self) -> bool {
        true
    }

    fn fd(&self, fd: i64) -> Option<FdText<'_>> {
        match fd {
            3 => Some(FdText { type_char: b'f', l4_char: None, name: b"/etc/ld.so.cache" }),
            4 => Some(FdText { type_char: b'4', l4_char: Some(b't'), name: b"1.2.3.4:5->6.7.8.9:80" }),
            5 => Some(FdText { type_char: b'd', l4_char: None, name: b"/var" }),
            _ => None,
        }
    }

    fn comm(&self, tid: i64) -> Option<&[u8]> {
        (tid == 42).then_some(b"bash")
    }

    fn user(&self, uid: u32) -> Option<&[u8]> {
        (uid == 0).then_some(b"root")
    }

    fn group(&self, gid: u32) -> Option<&[u8]> {
        (gid == 0).then_some(b"wheel")
    }

    fn absolute(&self, dirfd: Option<i64>, path: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(if dirfd == Some(5) { b"/var/" } else { b"/home/u/" });
        out.extend_from_slice(path);
    }
}

/// Nothing is known.
struct Stranger;

impl Context for Stranger {
    fn thread_known(&self) -> bool {
        false
    }
    fn fd(&self, _: i64) -> Option<FdText<'_>> {
        None
    }
    fn comm(&self, _: i64) -> Option<&[u8]> {
        None
    }
    fn user(&self, _: u32) -> Option<&[u8]> {
        None
    }
    fn group(&self, _: u32) -> Option<&[u8]> {
        None
    }
    fn absolute(&self, _: Option<i64>, _: &[u8], _: &mut Vec<u8>) {
        panic!("nobody may ask for the directory of an unknown thread");
    }
}

fn ev(code: u16, params: &[&[u8]]) -> EventBuf {
    let mut ev = EventBuf::new(code, 1, 1);
    for p in params {
        ev.push(p);
    }
    ev
}

fn args_of(ev: &EventBuf, ctx: &impl Context) -> String {
    let mut out = Vec::new();
    event::args(&ev.as_event(), ctx, &RenderOptions::default(), &mut Rendered::default(), &mut out);
    String::from_utf8(out).unwrap()
}

fn i64s(v: i64) -> [u8; 8] {
    v.to_le_bytes()
}

fn u32s(v: u32) -> [u8; 4] {
    v.to_le_bytes()
}

#[test]
fn an_open_prints_fd_path_flags_and_mode() {
    let open = ev(
        code::SYSCALL_OPENAT_2_X,
        &[&i64s(3), &i64s(-100), b"x\0", &u32s(4097), &u32s(0o644), &u32s(0xFD01), &42u64.to_le_bytes()],
    );
    assert_eq!(
        args_of(&open, &Known),
        "fd=3(<f>/etc/ld.so.cache) dirfd=-100(AT_FDCWD) name=x(/home/u/x) flags=4097(O_RDONLY|O_CLOEXEC) \
         mode=0644 dev=FD01 ino=42"
    );
    assert_eq!(
        args_of(&open, &Stranger),
        "fd=3 dirfd=-100 name=x flags=4097(O_RDONLY|O_CLOEXEC) mode=0644 dev=FD01 ino=42"
    );
}

#[test]
fn a_path_relative_to_a_directory_fd_starts_there() {
    let unlink = ev(code::SYSCALL_UNLINKAT_2_X, &[&i64s(-2), &i64s(5), b"log\0", &u32s(0)]);
    assert_eq!(args_of(&unlink, &Known), "res=-2(ENOENT) dirfd=5(<d>/var) name=log(/var/log) flags=0");
    let absolute = ev(code::SYSCALL_UNLINKAT_2_X, &[&i64s(0), &i64s(5), b"/log\0", &u32s(0x200)]);
    assert_eq!(args_of(&absolute, &Known), "res=0 dirfd=5(<d>/var) name=/log flags=512(AT_REMOVEDIR)");
}

#[test]
fn sockets_show_their_protocol_and_unknown_fds_only_their_number() {
    let read = ev(code::SYSCALL_READ_X, &[&i64s(-11), &[], &i64s(4), &u32s(512)]);
    assert_eq!(args_of(&read, &Known), "res=-11(EAGAIN) data=NULL fd=4(<4t>1.2.3.4:5->6.7.8.9:80) size=512");
    let read = ev(code::SYSCALL_READ_X, &[&i64s(2), b"a\n", &i64s(9), &u32s(u32::MAX)]);
    assert_eq!(args_of(&read, &Known), "res=2 data=a. fd=9 size=-1");
}

#[test]
fn processes_and_users_are_named() {
    let kill = ev(code::SYSCALL_KILL_X, &[&i64s(0), &i64s(42), &[9]]);
    assert_eq!(args_of(&kill, &Known), "res=0 pid=42(bash) sig=9(SIGKILL)");
    let setuid = ev(code::SYSCALL_SETRESUID_X, &[&i64s(0), &u32s(0), &u32s(7), &u32s(u32::MAX)]);
    assert_eq!(args_of(&setuid, &Known), "res=0 ruid=0(root) euid=7(<NA>) suid=-1(<NONE>)");
    assert_eq!(args_of(&setuid, &Stranger), "res=0 ruid=0(<NA>) euid=7(<NA>) suid=-1(<NONE>)");
    let setgid = ev(code::SYSCALL_SETGID_X, &[&i64s(0), &u32s(0)]);
    assert_eq!(args_of(&setgid, &Known), "res=0 gid=0(wheel)");
}

#[test]
fn fd_lists_name_the_type_of_each() {
    let mut list = 2u16.to_le_bytes().to_vec();
    for (fd, flags) in [(3i64, 1i16), (9, -1)] {
        list.extend_from_slice(&fd.to_le_bytes());
        list.extend_from_slice(&flags.to_le_bytes());
    }
    let poll = ev(code::SYSCALL_POLL_X, &[&i64s(1), &list, &i64s(1000)]);
    assert_eq!(args_of(&poll, &Known), "res=1 fds=3:f1 9:?ffffffff timeout=1000");
    list.pop();
    let cut = ev(code::SYSCALL_POLL_X, &[&i64s(1), &list, &i64s(1000)]);
    assert_eq!(args_of(&cut, &Known), "res=1 fds=<MALFORMED> timeout=1000");
}

#[test]
fn what_is_not_known_and_what_does_not_fit_are_told_apart() {
    let execve = ev(code::SYSCALL_UNLINK_2_X, &[&[1, 2, 3], b"(NULL)\0"]);
    assert_eq!(args_of(&execve, &Known), "res=<MALFORMED> path=<NA>");
    let unknown = ev(code::SYSCALL_UNLINK_2_X, &[&i64s(0), &[]]);
    assert_eq!(args_of(&unknown, &Known), "res=0 path=<NA>");
}

#[test]
fn dynamic_parameters_take_the_type_of_their_variant() {
    let mut level = vec![2u8];
    level.extend_from_slice(&u32s(1));
    let setsockopt = ev(code::SOCKET_SETSOCKOPT_X, &[&i64s(0), &i64s(4), &[1], &[2], &level, &u32s(4)]);
    let text = args_of(&setsockopt, &Known);
    assert!(text.contains(" val=1 "), "{text}");
    let bad = ev(code::SOCKET_SETSOCKOPT_X, &[&i64s(0), &i64s(4), &[1], &[2], &[77, 1], &u32s(4)]);
    assert!(args_of(&bad, &Known).contains("val=INVALID DYNAMIC PARAMETER"));
}

#[test]
fn calls_without_an_event_type_have_no_arguments_but_a_name() {
    let generic = ev(code::GENERIC_X, &[&1u16.to_le_bytes(), &0u16.to_le_bytes()]);
    assert_eq!(args_of(&generic, &Known), "");
    let mut scratch = Rendered::default();
    let opts = RenderOptions::default();
    let name = event::arg(&generic.as_event(), 0, &Known, &opts, &mut scratch).unwrap();
    assert_eq!(name, scap_schema::syscall(1).unwrap().name.as_bytes());
    assert_eq!(event::raw_result(&generic.as_event()), None);
}

#[test]
fn results_are_words_and_numbers() {
    let mut scratch = Rendered::default();
    let opts = RenderOptions::default();
    let failed = ev(code::SYSCALL_CLOSE_X, &[&i64s(-9), &i64s(7)]);
    assert_eq!(event::result(&failed.as_event(), &Known, &opts, &mut scratch), Some(&b"EBADF"[..]));
    assert_eq!(event::raw_result(&failed.as_event()), Some(-9));
    assert_eq!(event::buffer_len(&failed.as_event()), None);
    let odd = ev(code::SYSCALL_CLOSE_X, &[&i64s(-4000), &i64s(7)]);
    assert_eq!(event::result(&odd.as_event(), &Known, &opts, &mut scratch), Some(&b"-4000"[..]));
    let fine = ev(code::SYSCALL_CLOSE_X, &[&i64s(0), &i64s(7)]);
    assert_eq!(event::result(&fine.as_event(), &Known, &opts, &mut scratch), Some(&b"SUCCESS"[..]));
    let switch = ev(code::SCHEDSWITCH_6_E, &[&i64s(-1)]);
    assert_eq!(event::raw_result(&switch.as_event()), None);
}

#[test]
fn the_buffer_is_the_data_parameter() {
    let mut scratch = Rendered::default();
    let opts = RenderOptions { buffers: BufferFormat::Base64, ..RenderOptions::default() };
    let write = ev(code::SYSCALL_WRITE_X, &[&i64s(2), b"\x01b", &i64s(1), &u32s(2)]);
    assert_eq!(event::buffer(&write.as_event(), &Known, &opts, &mut scratch), Some(&b"AWI="[..]));
    assert_eq!(event::raw_buffer(&write.as_event()), Some(&b"\x01b"[..]));
    assert_eq!(event::buffer_len(&write.as_event()), Some(2));
    let close = ev(code::SYSCALL_CLOSE_X, &[&i64s(0), &i64s(7)]);
    assert_eq!(event::buffer(&close.as_event(), &Known, &opts, &mut scratch), None);
}

#[test]
fn raw_arguments_are_found_by_name() {
    let unlink = ev(code::SYSCALL_UNLINK_2_X, &[&i64s(0), &[]]);
    let (info, bytes) = event::raw_arg(&unlink.as_event(), "path").unwrap();
    assert_eq!((info.ty, bytes), (ParamType::FsPath, UNKNOWN));
    assert!(event::raw_arg(&unlink.as_event(), "nothing").is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn hostile_parameters_render_to_something_without_panic(
        code in 0u16..460,
        values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..34),
        hex in any::<bool>(),
    ) {
        let params: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        let ev = ev(code, &params);
        let buffers = if hex { BufferFormat::HexAscii } else { BufferFormat::Dots };
        let opts = RenderOptions { buffers, ..RenderOptions::default() };
        let mut out = Rendered::default();
        for i in 0..values.len() {
            let listed = scap_schema::event(code).is_some_and(|row| i < row.params.len());
            prop_assert_eq!(param(&ev.as_event(), i, &Known, &opts, &mut out), listed);
            prop_assert_eq!(param(&ev.as_event(), i, &Stranger, &opts, &mut out), listed);
        }
    }
}
