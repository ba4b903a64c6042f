//! The built-in rules load without an error or a warning, and tell an intruder from calm work.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Event, Scheme, text};
use scap_rules::{Color, FieldArg, Loader, Matching, RuleSet, Value, builtin, builtin_files};

/// The standard scheme with the events that the rules name.
fn scheme() -> Scheme {
    let mut scheme = Scheme::standard();
    for name in [
        "openat",
        "openat2",
        "creat",
        "execveat",
        "dup",
        "dup2",
        "dup3",
        "chmod",
        "fchmod",
        "fchmodat",
        "fchmodat2",
        "init_module",
        "finit_module",
        "ptrace",
        "mount",
        "unlink",
        "unlinkat",
        "symlink",
        "symlinkat",
        "rename",
        "renameat",
        "renameat2",
        "bpf",
        "listen",
        "mknod",
        "mknodat",
        "process_vm_readv",
        "process_vm_writev",
        "setns",
        "socket",
        "unshare",
    ] {
        scheme.event_names.push(name);
    }
    scheme
}

fn load(scheme: &Scheme) -> RuleSet {
    let (report, rules) = Loader::new(scheme).file("default.yaml", builtin()).load();
    let problems = report.render(Color::Never);
    assert_eq!(report.errors().count() + report.warnings().count(), 0, "{problems}");
    rules
}

fn event(scheme: &Scheme, name: &str, program: &str) -> Event {
    let ty = scheme.event_names.iter().position(|n| *n == name).unwrap();
    Event::new(u16::try_from(ty).unwrap())
        .with(scheme, "evt.type", &[text(name)])
        .with(scheme, "evt.failed", &[Value::Bool(false)])
        .with(scheme, "proc.name", &[text(program)])
        .with(scheme, "proc.exepath", &[text(&format!("/usr/bin/{program}"))])
}

fn opened(scheme: &Scheme, program: &str, path: &str, write: bool) -> Event {
    event(scheme, "openat", program)
        .with(scheme, "fd.name", &[text(path)])
        .with(scheme, "fd.typechar", &[text("f")])
        .with(scheme, "fd.num", &[Value::Int(3)])
        .with(scheme, "evt.is_open_write", &[Value::Bool(write)])
        .with(scheme, "evt.is_open_read", &[Value::Bool(!write)])
}

fn names(rules: &RuleSet, event: &Event) -> Vec<String> {
    let mut scratch = rules.scratch();
    let matches = rules.evaluate(&mut scratch, event, Matching::All).to_vec();
    assert_eq!(matches, rules.evaluate_naively(event, Matching::All));
    matches.iter().map(|&id| rules.rule(id).unwrap().name.clone()).collect()
}

#[test]
fn every_rule_is_tagged_with_a_technique_and_says_who_did_it() {
    let scheme = scheme();
    let rules = load(&scheme);
    assert!(rules.rules().len() >= 60);
    for rule in rules.rules() {
        let technique =
            |tag: &String| tag.starts_with('T') && tag[1..].starts_with(|c: char| c.is_ascii_digit());
        assert!(rule.tags.iter().any(technique), "{}", rule.name);
        assert!(rule.tags.iter().any(|tag| tag.starts_with("mitre_")), "{}", rule.name);
        assert!(rule.output_text.contains("%proc.cmdline"), "{}", rule.name);
        for part in ["%proc.name %proc.exepath", "%proc.pname", "%user.name", "%container.id"] {
            assert!(part.split(' ').any(|field| rule.output_text.contains(field)), "{}: {part}", rule.name);
        }
        assert!(!rule.event_types.is_empty() && rule.event_types.len() < 20, "{}", rule.name);
    }
}

#[test]
fn every_file_of_the_folder_is_built_in_and_in_the_order_of_their_names() {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/sets")).unwrap();
    let mut files: Vec<String> =
        folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    assert_eq!(builtin_files(), files);
}

#[test]
fn an_intruder_is_seen() {
    let scheme = scheme();
    let rules = load(&scheme);
    let cases = [
        (opened(&scheme, "cat", "/etc/shadow", false), "Password hashes or sudo policy read"),
        (opened(&scheme, "cat", "/home/me/.ssh/id_ed25519", false), "Private SSH key read"),
        (opened(&scheme, "bash", "/etc/cron.d/x", true), "Scheduled job written"),
        (opened(&scheme, "vi", "/etc/systemd/system/x.service", true), "System service written"),
        (opened(&scheme, "sh", "/etc/ld.so.preload", true), "Library preloaded into every program"),
        (opened(&scheme, "tee", "/root/.ssh/authorized_keys", true), "Authorized SSH keys changed"),
        (opened(&scheme, "sh", "/etc/passwd", true), "Account files changed by hand"),
        (
            opened(&scheme, "sh", "/var/log/auth.log", true).with_arg(
                &scheme,
                "evt.arg",
                FieldArg::Key("flags".into()),
                &[text("O_TRUNC|O_WRONLY")],
            ),
            "System log wiped",
        ),
        (
            event(&scheme, "unlinkat", "rm").with(&scheme, "evt.abspath", &[text("/root/.bash_history")]),
            "Shell history removed",
        ),
        (
            event(&scheme, "unlink", "rm").with(&scheme, "fs.path.name", &[text("/var/log/wtmp")]),
            "System log removed",
        ),
        (
            event(&scheme, "execve", "x").with(&scheme, "proc.exepath", &[text("/dev/shm/x")]),
            "Program run from a world-writable directory",
        ),
        (
            event(&scheme, "connect", "bash").with(&scheme, "fd.type", &[text("ipv4")]),
            "Shell connects to the network",
        ),
        (
            event(&scheme, "dup2", "python3").with(&scheme, "fd.type", &[text("ipv4")]).with(
                &scheme,
                "evt.rawres",
                &[Value::Int(0)],
            ),
            "Shell talks to the network on its standard streams",
        ),
        (
            event(&scheme, "fchmodat", "chmod").with_arg(
                &scheme,
                "evt.arg",
                FieldArg::Key("mode".into()),
                &[text("S_IXUSR|S_IRUSR|S_ISUID")],
            ),
            "Set-user-ID bit given",
        ),
        (
            event(&scheme, "finit_module", "insmod").with(&scheme, "fd.name", &[text("/tmp/rootkit.ko")]),
            "Kernel module from an unusual place",
        ),
        (event(&scheme, "init_module", "inject"), "Kernel module loaded by an unusual program"),
        (
            event(&scheme, "symlinkat", "ln").with_arg(
                &scheme,
                "evt.arg",
                FieldArg::Key("linkpath".into()),
                &[text("/root/.bash_history")],
            ),
            "Shell history replaced by a link",
        ),
        (
            event(&scheme, "ptrace", "inject").with_arg(
                &scheme,
                "evt.arg",
                FieldArg::Key("request".into()),
                &[text("PTRACE_ATTACH")],
            ),
            "Process taken over with ptrace",
        ),
        (
            event(&scheme, "execve", "3").with(&scheme, "proc.exepath", &[text("memfd:x (deleted)")]),
            "Program run from memory",
        ),
    ];
    for (event, rule) in cases {
        assert_eq!(names(&rules, &event), [rule]);
    }
}

#[test]
fn calm_work_raises_nothing() {
    let scheme = scheme();
    let rules = load(&scheme);
    for (program, path, write) in [
        ("sshd", "/etc/shadow", false),
        ("unix_chkpwd", "/etc/shadow", false),
        ("sudo", "/etc/sudoers", false),
        ("sudo", "/etc/sudoers.d/README", false),
        ("ssh", "/home/me/.ssh/id_ed25519", false),
        ("git", "/home/me/src/.git/index", true),
        ("cron", "/etc/crontab", false),
        ("crontab", "/var/spool/cron/crontabs/tmp.x", true),
        ("useradd", "/etc/passwd", true),
        ("dpkg", "/etc/cron.daily/apt.dpkg-new", true),
        ("cc1", "/tmp/cc1.s", true),
        ("logrotate", "/var/log/syslog", true),
        ("vi", "/home/me/.ssh/config", true),
    ] {
        assert_eq!(names(&rules, &opened(&scheme, program, path, write)), [""; 0], "{program} {path}");
    }
    for program in ["apt-get", "gcc", "git", "bash", "run-parts"] {
        assert_eq!(names(&rules, &event(&scheme, "execve", program)), [""; 0], "{program}");
    }
    let postinst = opened(&scheme, "sh", "/etc/passwd", true).with(
        &scheme,
        "proc.aname",
        &[text("dpkg"), text("apt-get"), text("bash")],
    );
    assert_eq!(names(&rules, &postinst), [""; 0]);
}
