//! Fields of a few events on a small machine, by hand.

use scap_analyze::catalogue;
use scap_analyze::fields::Fields;
use scap_analyze::replay::Cursor;

use scap_format::block::Block;
use scap_format::snapshot::{FdEntry, FdKind, MachineInfo, ThreadEntry, User};
use scap_format::{Event, EventBuf};
use scap_rules::{Filter, Template};
use scap_schema::code;
use scap_state::State;

/// A machine with init, a shell and an editor, and one open file.
fn machine() -> Cursor {
    let mut cursor = Cursor::new();
    let process = |tid: i64, ptid: i64, comm: &str, args: &str| ThreadEntry {
        tid,
        pid: tid,
        ptid,
        sid: 10,
        vpgid: tid,
        pgid: Some(tid),
        vtid: tid,
        vpid: tid,
        comm: comm.into(),
        exe: comm.into(),
        exepath: format!("/usr/bin/{comm}").into_bytes(),
        args: args.into(),
        env: b"PATH=/bin\0HOME=/root\0".to_vec(),
        cwd: b"/srv/".to_vec(),
        fdlimit: 1024,
        ..ThreadEntry::default()
    };
    let file = FdEntry {
        fd: 3,
        ino: 77,
        kind: FdKind::Regular { flags: 1, name: b"/var/log/auth.log".to_vec(), mount_id: 0, dev: 0x10_0803 },
    };
    let user = User { uid: 0, name: b"root".to_vec(), homedir: b"/root".to_vec(), ..User::default() };
    let blocks = [
        Block::Machine(MachineInfo { hostname: b"victim".to_vec(), ..MachineInfo::default() }),
        Block::Threads(vec![
            process(1, 0, "init", ""),
            process(10, 1, "bash", "-l\0"),
            process(20, 10, "vi", "-R\0notes.txt\0"),
        ]),
        Block::Fds { tid: 20, fds: vec![file] },
        Block::Users { users: vec![user], groups: Vec::new() },
    ];
    for block in &blocks {
        cursor.feed(block, |_, _| -> Result<(), ()> { Ok(()) }).expect("nothing is visited");
    }
    cursor
}

/// Feeds `event` and hands its fields to `look`.
fn after(cursor: &mut Cursor, event: &EventBuf, look: impl FnOnce(&Fields<'_>)) {
    let mut looked = false;
    let visit = |event: Event<'_>, state: &State| -> Result<(), ()> {
        looked = true;
        look(&Fields::new(event, state));
        Ok(())
    };
    cursor.feed(&Block::Event(event.as_event()), visit).expect("looking cannot fail");
    assert!(looked, "the event is shown");
}

fn text(fields: &Fields<'_>, template: &str) -> String {
    let template = Template::parse(&format!("*{template}"), &catalogue::Scheme).expect("a template");
    let mut out = Vec::new();
    scap_analyze::print::fill(&template, fields, &mut out);
    String::from_utf8(out).expect("text is UTF-8")
}

fn holds(fields: &Fields<'_>, condition: &str) -> bool {
    Filter::compile(condition, &catalogue::Scheme).expect("a condition").matches(fields)
}

/// `openat(AT_FDCWD, name, flags)` by the editor.
fn openat(name: &str, result: i64, flags: u32) -> EventBuf {
    let mut event = EventBuf::new(code::SYSCALL_OPENAT_2_X, 1_700_000_000_000_000_042, 20);
    event.num = 7;
    event.push(&result.to_le_bytes()).push(&(-100i64).to_le_bytes()).push_text(name.as_bytes());
    event.push(&flags.to_le_bytes()).push(&0o600u32.to_le_bytes()).push(&0u32.to_le_bytes());
    event.push(&5u64.to_le_bytes());
    event
}

#[test]
fn an_opened_file_is_named_from_its_directory() {
    after(&mut machine(), &openat("../etc/shadow", 4, 1), |fields| {
        assert_eq!(
            text(fields, "%evt.num %evt.type %fd.num %fd.name %fd.nameraw"),
            "7 openat 4 /etc/shadow ../etc/shadow"
        );
        assert_eq!(text(fields, "%fd.directory %fd.filename %fs.path.name"), "/etc shadow /etc/shadow");
        assert_eq!(text(fields, "%evt.is_open_read %evt.is_open_write %evt.res"), "true false SUCCESS");
        assert_eq!(
            text(fields, "%evt.time %evt.time.iso8601"),
            "22:13:20.000000042 2023-11-14T22:13:20.000000042+0000"
        );
        assert_eq!(text(fields, "%evt.arg.flags|%evt.arg[0]"), "O_RDONLY|<f>/etc/shadow");
    });
}

#[test]
fn a_file_that_could_not_be_opened_still_has_a_name() {
    after(&mut machine(), &openat("secret", -13, 2), |fields| {
        assert_eq!(
            text(fields, "%fd.name %fd.directory %fd.filename %fd.typechar"),
            "/srv/secret /srv <NA> f"
        );
        assert_eq!(
            text(fields, "%evt.res %evt.rawres %evt.failed %evt.count.error.file"),
            "EACCES -13 true 1"
        );
        assert!(holds(fields, "evt.failed = true and evt.rawres in (-13, -2)"));
    });
}

#[test]
fn a_process_knows_its_ancestors() {
    after(&mut machine(), &openat("x", 4, 1), |fields| {
        assert_eq!(text(fields, "%proc.name %proc.pname %proc.aname[2] %proc.aname[3]"), "vi bash init <NA>");
        assert_eq!(text(fields, "%proc.aname|%proc.apid[1]|%proc.ppid"), "bash init|10|10");
        assert_eq!(
            text(fields, "%proc.cmdline|%proc.args[1]|%proc.pcmdline"),
            "vi -R notes.txt|notes.txt|bash -l"
        );
        assert_eq!(text(fields, "%proc.cmdnargs %proc.cmdlenargs %proc.exeline"), "2 11 vi -R notes.txt");
        assert_eq!(text(fields, "%proc.sname %proc.is_pgid_leader %proc.loginshellid"), "bash true 10");
        assert_eq!(text(fields, "%proc.env[HOME]|%proc.env|%proc.cwd"), "/root|PATH=/bin HOME=/root|/srv/");
        assert!(holds(fields, "proc.aname = init and proc.aname = bash"));
        assert!(holds(fields, "proc.aname != init"), "one ancestor is not init");
        assert!(!holds(fields, "proc.aname = vi"), "the process is not its own ancestor");
    });
}

#[test]
fn transformers_widths_and_lists_fill_templates() {
    after(&mut machine(), &openat("x", 4, 1), |fields| {
        assert_eq!(text(fields, "%toupper(proc.name)|%5proc.name|%1proc.pname"), "VI|vi   |b");
        assert_eq!(text(fields, "%fd.types|%fd.types[3]|%fd.types[99]"), "(file)|(file)|<NA>");
    });
}

#[test]
fn user_and_host_come_from_the_trace() {
    after(&mut machine(), &openat("x", 4, 1), |fields| {
        assert_eq!(text(fields, "%user.uid %user.name %user.homedir %user.loginuid"), "0 root /root -1");
        assert_eq!(
            text(fields, "%group.name %evt.hostname %container.id %container.name"),
            "root victim host host"
        );
        assert_eq!(text(fields, "%k8s.pod.name %container.image.repository|"), "<NA> |");
    });
}

#[test]
fn device_numbers_are_taken_apart() {
    let mut write = EventBuf::new(code::SYSCALL_WRITE_X, 1, 20);
    write.push(&5i64.to_le_bytes()).push(b"a\n\x00bc").push(&3i64.to_le_bytes()).push(&5u32.to_le_bytes());
    after(&mut machine(), &write, |fields| {
        assert_eq!(text(fields, "%fd.dev %fd.dev.major %fd.dev.minor %fd.ino"), "100803 8 259 77");
        assert_eq!(text(fields, "%evt.buffer %evt.buflen %evt.io_dir %evt.category"), "a..bc 5 write file");
        assert!(holds(fields, "evt.buffer contains \"a\n\""), "conditions see the bytes");
        assert!(holds(fields, "evt.rawarg.res = 5 and evt.arg.fd endswith auth.log"));
    });
}

#[test]
fn both_paths_of_a_rename_are_told_if_it_succeeded() {
    let rename = |result: i64| {
        let mut event = EventBuf::new(code::SYSCALL_RENAMEAT2_X, 1, 20);
        event.push(&result.to_le_bytes()).push(&(-100i64).to_le_bytes()).push_text(b"a");
        event.push(&(-100i64).to_le_bytes()).push_text(b"/tmp/./b").push(&0u32.to_le_bytes());
        event
    };
    let template = "%fs.path.source %fs.path.sourceraw %fs.path.target %fs.path.targetraw %fs.path.name";
    after(&mut machine(), &rename(0), |fields| {
        assert_eq!(text(fields, template), "/srv/a a /tmp/b /tmp/./b <NA>");
        assert_eq!(text(fields, "%evt.abspath.src %evt.abspath.dst"), "/srv/a /tmp/b");
    });
    after(&mut machine(), &rename(-2), |fields| {
        assert_eq!(text(fields, template), "<NA> <NA> <NA> <NA> <NA>");
    });
}

#[test]
fn events_that_describe_the_machine_are_only_shown_once_others_were() {
    let mut added = EventBuf::new(code::USER_ADDED_E, 1, -1);
    added.push(&1000u32.to_le_bytes()).push(&1000u32.to_le_bytes()).push_text(b"eve");
    added.push_text(b"/home/eve").push_text(b"/bin/sh").push_text(b"");
    let mut cursor = machine();
    let unseen = |_: Event<'_>, _: &State| -> Result<(), ()> { Err(()) };
    assert_eq!(cursor.feed(&Block::Event(added.as_event()), unseen), Ok(()));
    after(&mut cursor, &openat("x", 4, 1), |_| {});
    after(&mut cursor, &added, |fields| assert_eq!(text(fields, "%evt.type"), "useradded"));
    assert_eq!((cursor.passed().events, cursor.passed().shown), (3, 2));
}
