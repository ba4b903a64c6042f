//! Blocks survive being written and read back; what is written has the layout libscap writes.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]
use scap_format::block::Block;
use scap_format::scap::{
    parse::{Frame, decode, frame},
    write,
};
use scap_format::{Event, EventBuf};
use scap_schema::{EventFlags, code};

/// The only block in `bytes`, decoded.
fn read(bytes: &[u8], scratch: &mut Vec<u8>, check: impl FnOnce(Block<'_>)) {
    let Frame::Whole(framed) = frame(bytes, false) else { panic!("not a whole block") };
    assert_eq!(framed.len as usize, bytes.len());
    check(decode(&framed, false, scratch).unwrap());
}

fn assert_same(a: &Event<'_>, b: &Event<'_>) {
    assert_eq!((a.cpu, a.flags, a.ts, a.tid, a.code), (b.cpu, b.flags, b.ts, b.tid, b.code));
    assert!(a.params.iter().eq(b.params.iter()));
}

#[test]
fn an_event_of_every_code_encodes_decodes_and_encodes_to_the_same_bytes() {
    for info in scap_schema::events() {
        for flags in [0, 1] {
            let mut buf = EventBuf::new(info.code, 1_700_000_000_000_000_000, 4711);
            (buf.cpu, buf.flags) = (3, flags);
            for (i, param) in info.params.iter().enumerate() {
                buf.push(&vec![0x41; param.ty.fixed_len().unwrap_or(i)]);
            }
            let (mut first, mut second) = (Vec::new(), Vec::new());
            assert_eq!(write::event(&mut first, &buf.as_event()), 0);
            read(&first, &mut Vec::new(), |block| {
                let Block::Event(event) = block else { panic!("not an event") };
                assert_same(&event, &buf.as_event());
                write::event(&mut second, &event);
            });
            assert_eq!(first, second, "{}", info.id);
            let large = info.flags.has(EventFlags::LARGE);
            let expected = [[0x216, 0x217], [0x221, 0x222]][usize::from(large)][flags as usize];
            assert_eq!(first[..4], u32::to_le_bytes(expected), "{}", info.id);
        }
    }
}

#[test]
fn an_event_over_64_kib_goes_into_a_large_block() {
    let mut buf = EventBuf::new(code::SYSCALL_EXECVE_19_X, 1, 2);
    buf.push(&[1; 40_000]).push(&[2; 40_000]);
    let mut bytes = Vec::new();
    assert_eq!(write::event(&mut bytes, &buf.as_event()), 0);
    assert_eq!(bytes[..4], 0x221u32.to_le_bytes());
    read(&bytes, &mut Vec::new(), |block| {
        let Block::Event(event) = block else { panic!("not an event") };
        assert_same(&event, &buf.as_event());
    });
}

#[test]
fn what_is_cut_off_an_event_is_told() {
    let mut buf = EventBuf::new(code::SYSCALL_READ_X, 1, 2);
    buf.push(&[1; 8]).push(&[2; 70_000]);
    assert_eq!(write::event(&mut Vec::new(), &buf.as_event()), 70_000 - 65_535);
}
