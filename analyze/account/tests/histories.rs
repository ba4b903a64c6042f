//! Processes, files and acts of short histories, told event by event.

mod common;

use common::{Story, THREAD, VFORK, of_pid, text};
use scap_account::{ActKind, Direction, Limits, Moment};
use scap_format::EventBuf;
use scap_schema::code;

fn story() -> Story {
    Story::new(Limits::default())
}

#[test]
fn processes_of_the_snapshot_come_first_and_know_their_parents() {
    let mut story = story();
    story.event(code::SYSCALL_GETUID_X, 10, &[&[0; 4]]);
    let account = story.end();
    assert_eq!(text(&account.host.name), "victim");
    let [init, shell] = account.processes.as_slice() else { panic!("two processes") };
    assert_eq!((init.pid, init.parent, init.events, init.first.event), (1, None, 0, 0));
    assert_eq!((shell.pid, shell.parent, shell.start), (10, Some(init.id), None));
    assert_eq!((shell.events, shell.last.event, text(&shell.images[0].cwd)), (1, 1, "/srv".into()));
}

#[test]
fn a_fork_told_by_both_sides_in_either_order_is_one_process() {
    for child_first in [false, true] {
        let mut story = story();
        let mut sides = [(10, 10, 1, 20), (20, 20, 10, 0)];
        if child_first {
            sides.reverse();
        }
        for (tid, pid, ptid, result) in sides {
            story.clone(tid, pid, ptid, result, 0);
        }
        story.exec(20, 10, "/usr/bin/id", b"-u\0", 1000);
        story.exit(20, 3, 0);
        let account = story.end();
        let found = of_pid(&account, 20);
        assert_eq!(found.len(), 1, "child first: {child_first}");
        assert_eq!(found[0].start.map(|start| start.event), Some(1));
        assert_eq!(found[0].parent, of_pid(&account, 10).first().map(|shell| shell.id));
        assert_eq!(found[0].end.map(|end| (end.at.event, end.code, end.signal)), Some((4, Some(3), None)));
        let programs: Vec<String> = found[0].images.iter().map(|image| text(&image.cmdline)).collect();
        assert_eq!(programs, ["sh", "id -u"]);
    }
}

#[test]
fn a_vfork_is_known_from_the_child() {
    let mut story = story();
    story.clone(20, 20, 10, 0, VFORK);
    story.exec(20, 10, "/usr/bin/id", b"", 1000);
    story.clone(10, 10, 1, 20, VFORK);
    let account = story.end();
    let found = of_pid(&account, 20);
    assert_eq!((found.len(), found[0].start.map(|start| start.event)), (1, Some(1)));
}

#[test]
fn a_pid_that_is_used_again_is_another_process() {
    let mut story = story();
    story.fork(10, 20);
    story.open(20, 3, b"/etc/one", 1);
    story.exit(20, 0, 9);
    story.wait(60);
    story.fork(10, 20);
    story.open(20, 3, b"/etc/two", 1);
    let account = story.end();
    let [first, second] = of_pid(&account, 20)[..] else { panic!("two processes with pid 20") };
    assert_eq!(first.end.map(|end| (end.code, end.signal)), Some((None, Some(9))));
    assert!(second.end.is_none() && second.start > first.start);
    let users: Vec<_> = account.files.iter().map(|file| (file.process, text(&file.path))).collect();
    assert_eq!(users, [(first.id, "/etc/one".into()), (second.id, "/etc/two".into())]);
}

#[test]
fn a_pid_whose_end_was_lost_is_another_process_once_it_is_begun_again() {
    let mut story = story();
    story.fork(10, 20);
    story.wait(60);
    story.fork(10, 20);
    let account = story.end();
    assert_eq!(of_pid(&account, 20).len(), 2);
    assert!(of_pid(&account, 20).iter().all(|process| process.end.is_none()));
}

#[test]
fn a_straggler_of_an_ended_process_is_no_other_one() {
    let mut story = story();
    story.fork(10, 20);
    story.exit(20, 0, 0);
    story.event(code::SYSCALL_GETUID_X, 20, &[&[0; 4]]);
    let account = story.end();
    assert_eq!(of_pid(&account, 20).len(), 1);
}

#[test]
fn a_process_whose_start_was_lost_is_known_from_its_first_event_and_its_program() {
    let mut story = story();
    story.event(code::SYSCALL_GETUID_X, 77, &[&[0; 4]]);
    story.exec(77, 10, "/usr/bin/curl", b"-s\0", 0);
    let account = story.end();
    let [curl] = of_pid(&account, 77)[..] else { panic!("one process") };
    assert_eq!((curl.start, curl.first.event, curl.events), (None, 1, 2));
    let programs: Vec<String> = curl.images.iter().map(|image| text(&image.cmdline)).collect();
    assert_eq!(programs, ["curl -s"]);
    assert_eq!(curl.users.last().map(|(_, uid, name)| (*uid, text(name))), Some((0, "root".into())));
    assert!(!account.acts.iter().any(|act| act.kind == ActKind::ChangedUser));
}

#[test]
fn threads_are_of_their_process_and_it_ends_with_the_last_of_them() {
    let mut story = story();
    story.fork(10, 20);
    story.clone(20, 20, 10, 21, THREAD);
    story.clone(21, 20, 10, 0, THREAD);
    story.open(21, 3, b"/srv/data", 1);
    story.exit(20, 0, 0);
    story.open(21, 4, b"/srv/more", 1);
    let last = story.exit(21, 5, 0);
    let account = story.end();
    assert_eq!(of_pid(&account, 21).len(), 0);
    let [process] = of_pid(&account, 20)[..] else { panic!("one process") };
    assert_eq!((process.threads, process.end.map(|end| end.at.event)), (2, Some(last)));
    assert_eq!(account.files.iter().filter(|file| file.process == process.id).count(), 2);
}

#[test]
fn a_program_started_by_another_thread_goes_on_in_the_same_process() {
    let mut story = story();
    story.fork(10, 20);
    story.clone(20, 20, 10, 21, THREAD);
    story.clone(21, 20, 10, 0, THREAD);
    // The main thread ends, and the other one takes its place and its id.
    story.exit(20, 0, 0);
    story.exec(20, 10, "/usr/bin/id", b"", 1000);
    let end = story.exit(20, 0, 0);
    let account = story.end();
    let [process] = of_pid(&account, 20)[..] else { panic!("one process") };
    assert_eq!(process.images.len(), 2);
    assert_eq!(process.end.map(|end| end.at.event), Some(end));
}

#[test]
fn files_add_up_what_was_done_with_them() {
    let mut story = story();
    story.open(10, 3, b"/srv/log", 3 | 1 << 14);
    story.transfer(code::SYSCALL_READ_X, 10, 3, 100);
    story.transfer(code::SYSCALL_WRITE_X, 10, 3, 7);
    story.transfer(code::SYSCALL_WRITE_X, 10, 3, -11);
    story.open(10, -13, b"/etc/shadow", 1);
    story.open(10, -2, b"/etc/none", 1);
    let path = b"/srv/log\0";
    story.event(code::SYSCALL_UNLINK_2_X, 10, &[&[0; 8], path]);
    let account = story.end();
    let [log, shadow, none] = account.files.as_slice() else { panic!("three files: {:?}", account.files) };
    assert!(log.read && log.written && log.created && log.deleted);
    assert_eq!((log.opens, log.failures, log.bytes_read, log.bytes_written), (1, 0, 100, 7));
    assert_eq!((log.first.event, log.last.event), (1, 7));
    assert_eq!((shadow.opens, shadow.failures, none.failures), (0, 1, 1));
    let acts: Vec<_> = account.acts.iter().map(|act| (act.kind, text(&act.object), act.error)).collect();
    assert_eq!(acts, [(ActKind::ReadSecret, "/etc/shadow".into(), 13)]);
}

#[test]
fn a_program_that_was_written_and_renamed_in_the_trace_is_fresh() {
    let mut story = story();
    story.open(10, 3, b"/srv/part", 2);
    story.event(code::SYSCALL_RENAME_X, 10, &[&[0; 8], b"/srv/part\0", b"/srv/tool\0"]);
    story.fork(10, 20);
    story.exec(20, 10, "/srv/tool", b"-x\0", 1000);
    story.fork(10, 30);
    story.exec(30, 10, "/usr/bin/id", b"", 1000);
    let account = story.end();
    let fresh = |pid| of_pid(&account, pid)[0].images.last().is_some_and(|image| image.fresh);
    assert!(fresh(20) && !fresh(30));
    let acts: Vec<_> = account.acts.iter().map(|act| (act.kind, text(&act.object))).collect();
    assert_eq!(acts, [(ActKind::ExecutedFresh, "/srv/tool -x".into()), (ActKind::Executed, "id".into())]);
    let moved = account.files.iter().find(|file| file.moved).expect("a file that was moved");
    assert_eq!(
        (text(&moved.path), moved.from.as_deref().map(text)),
        ("/srv/tool".into(), Some("/srv/part".into()))
    );
}

#[test]
fn a_change_of_user_is_an_act_and_part_of_the_process() {
    let mut story = story();
    story.event(code::SYSCALL_GETUID_X, 10, &[&[0; 4]]);
    let at = story.event(code::SYSCALL_SETUID_X, 10, &[&[0; 8], &[0; 4]]);
    let account = story.end();
    let users: Vec<_> = of_pid(&account, 10)[0].users.iter().map(|(at, uid, _)| (at.event, *uid)).collect();
    assert_eq!(users, [(0, 1000), (at, 0)]);
    let act = account.acts.last().expect("an act");
    assert_eq!((act.kind, text(&act.object)), (ActKind::ChangedUser, "user 1000 to root (0)".into()));
}

#[test]
fn a_listener_and_what_comes_in_are_connections() {
    let mut story = story();
    let socket: [&[u8]; 5] =
        [&3i64.to_le_bytes(), &2u32.to_le_bytes(), &1u32.to_le_bytes(), &[0; 4], &[0; 4]];
    story.event(code::SOCKET_SOCKET_X, 10, &socket);
    let address = [2, 0, 0, 0, 0, 0x5c, 0x11];
    story.event(code::SOCKET_BIND_X, 10, &[&[0; 8], &address, &3i64.to_le_bytes()]);
    story.event(code::SOCKET_LISTEN_X, 10, &[&[0; 8], &3i64.to_le_bytes(), &[0; 4]]);
    let tuple = [2, 203, 0, 113, 9, 0x39, 0x30, 10, 0, 0, 2, 0x5c, 0x11];
    story.event(code::SOCKET_ACCEPT_5_X, 10, &[&4i64.to_le_bytes(), &tuple, &[0], &[0; 4], &[0; 4]]);
    story.transfer(code::SYSCALL_READ_X, 10, 4, 50);
    story.transfer(code::SYSCALL_WRITE_X, 10, 4, 5);
    let account = story.end();
    let [listening, incoming] = account.connections.as_slice() else { panic!("{:?}", account.connections) };
    assert_eq!(
        (listening.direction, listening.local.map(|end| end.port)),
        (Direction::Listening, Some(4444))
    );
    assert_eq!(incoming.direction, Direction::Incoming);
    assert_eq!(incoming.remote.map(|end| end.to_owned().ip.to_string()), Some("203.0.113.9".into()));
    assert_eq!((incoming.bytes_in, incoming.bytes_out), (50, 5));
    let kinds: Vec<_> = account.acts.iter().map(|act| act.kind).collect();
    assert_eq!(kinds, [ActKind::Listened, ActKind::Accepted]);
}

#[test]
fn a_connection_that_fails_tells_where_to_and_why() {
    let mut story = story();
    let socket: [&[u8]; 5] =
        [&3i64.to_le_bytes(), &2u32.to_le_bytes(), &1u32.to_le_bytes(), &[0; 4], &[0; 4]];
    story.event(code::SOCKET_SOCKET_X, 10, &socket);
    let address = [2, 203, 0, 113, 9, 0xbb, 0x01];
    let refused = (-111i64).to_le_bytes();
    for _ in 0..3 {
        story.event(code::SOCKET_CONNECT_X, 10, &[&refused, b"", &3i64.to_le_bytes(), &address]);
    }
    let account = story.end();
    let [one] = account.connections.as_slice() else { panic!("{:?}", account.connections) };
    assert_eq!(
        (one.direction, one.error, one.remote.map(|end| end.port)),
        (Direction::Outgoing, 111, Some(443))
    );
    assert_eq!((one.first.event, one.last.event), (2, 4));
    let acts: Vec<_> = account.acts.iter().map(|act| (act.kind, text(&act.object), act.error)).collect();
    assert_eq!(acts, [(ActKind::Connected, "203.0.113.9:443".into(), 111)]);
}

#[test]
fn a_signal_to_a_stranger_is_told_once_and_one_to_a_child_is_not() {
    let mut story = story();
    story.fork(10, 20);
    story.fork(1, 30);
    for (target, times) in [(20i64, 1), (30, 5)] {
        for _ in 0..times {
            story.event(code::SYSCALL_KILL_X, 10, &[&[0; 8], &target.to_le_bytes(), &[9]]);
        }
    }
    let account = story.end();
    let acts: Vec<_> = account.acts.iter().map(|act| (act.kind, text(&act.object))).collect();
    assert_eq!(acts, [(ActKind::Signalled, "SIGKILL to sh (30)".into())]);
}

#[test]
fn drops_and_hashes_come_from_the_recorders_notices() {
    let mut story = story();
    story.fork(10, 20);
    story.exec(20, 10, "/usr/bin/id", b"", 1000);
    story.exit(20, 0, 0);
    let mut drops = EventBuf::new(code::NOTIFICATION_E, 0, -1);
    drops.push_text(b"scap.drops").push_text(b"cpu=1 dropped=77");
    story.push(drops);
    let hash = "0f".repeat(32);
    let mut note = EventBuf::new(code::NOTIFICATION_E, 0, 20);
    note.push_text(b"scap.exe");
    note.push_text(format!("sha256={hash} size=1 dev=1 ino=7 ctime=0 mtime=0 path=/usr/bin/id").as_bytes());
    story.push(note);
    let account = story.end();
    let act = account.acts.last().expect("an act");
    assert_eq!((act.kind, text(&act.object), act.process), (ActKind::Dropped, "77 events".into(), None));
    let [process] = of_pid(&account, 20)[..] else { panic!("a note is no event of a process") };
    assert_eq!(
        process.images.last().and_then(|image| image.hash.as_deref()).map(text),
        Some(format!("sha256:{hash}"))
    );
}

#[test]
fn what_is_too_much_is_counted_and_the_rest_is_told() {
    let mut story = Story::new(Limits { processes: 5, images: 3, files: 4, acts: 4, ..Limits::default() });
    for child in 100..110 {
        story.fork(10, child);
    }
    for n in 0..6 {
        story.exec(10, 1, &format!("/usr/bin/tool{n}"), b"", 1000);
        story.open(10, 3, format!("/etc/file{n}").as_bytes(), 2);
    }
    let account = story.end();
    assert_eq!((account.processes.len(), account.left_out.processes), (5, 7));
    let shell = of_pid(&account, 10)[0];
    let programs: Vec<_> = shell.images.iter().map(|image| text(&image.name)).collect();
    assert_eq!((programs.len(), programs.last().map(String::as_str)), (3, Some("tool5")));
    assert_eq!(account.left_out.images, 4);
    assert_eq!((account.files.len(), account.left_out.files), (4, 8));
    assert!(account.acts.len() <= 4 && account.left_out.acts > 0 && account.left_out.is_some());
}

#[test]
fn no_more_text_is_kept_than_there_is_room_for() {
    let mut story = Story::new(Limits { text: 4096, ..Limits::default() });
    for n in 0..100 {
        story.open(10, 3, [format!("/srv/{n}-").as_bytes(), &[b'x'; 500]].concat().as_slice(), 1);
    }
    let account = story.end();
    let kept: usize = account.files.iter().map(|file| file.path.len()).sum();
    assert!(kept < 4096 && account.files.len() > 3, "{kept} bytes in {} files", account.files.len());
    assert_eq!(account.files.len() as u64 + account.left_out.files, 100);
}

#[test]
fn names_stay_as_the_kernel_gave_them() {
    let hostile = b"/tmp/<b>\x1b[2J\xff\xe2\x80\xae";
    let mut story = story();
    story.open(10, 3, hostile, 1);
    let account = story.end();
    assert_eq!(&*account.files[0].path, hostile);
}

#[test]
fn a_trace_without_events_has_the_processes_of_its_snapshot() {
    let account = story().end();
    assert_eq!(account.processes.len(), 2);
    assert_eq!(account.processes[0].first, Moment { event: 0, ts: 0 });
}

#[test]
fn parents_of_a_forged_snapshot_that_lead_in_circles_are_cut() {
    let mut story = story();
    story.snapshot(&[(50, 51), (51, 52), (52, 50), (53, 50)]);
    story.event(code::SYSCALL_GETUID_X, 10, &[&[0; 4]]);
    let account = story.end();
    for process in &account.processes {
        assert!(account.line_of(process.id).count() <= 4, "{process:?}");
    }
    assert!(of_pid(&account, 53)[0].parent.is_some());
}
