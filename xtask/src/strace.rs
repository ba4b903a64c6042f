//! Counts system calls with `strace -f -c` and with `scap record` in one run, and compares.
//!
//! `cargo xtask strace [COMMAND]` (as root) records `strace -f -c sh -c COMMAND` and everything below it, so
//! that both witnesses see the very same calls; strace's own calls are left out by process name. Prints a
//! table per system call, explains the differences that the two programs' definitions make, and fails on
//! any other.

use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// What is run when no command is given: everyday work that makes many different calls.
const DEFAULT: &str = "cd /tmp && rm -rf scap-strace && mkdir scap-strace && cd scap-strace && \
    for i in 1 2 3 4 5; do echo $i > f$i; ln -s f$i s$i; ln f$i h$i; mv h$i g$i; chmod 600 g$i; done; \
    cat f* | sort | wc -l >/dev/null; chown 0:0 f1; find / -xdev -maxdepth 3 >/dev/null 2>&1; \
    (sleep 0.05 & wait); perl -MSocket -MIO::Socket::INET -e '$s=IO::Socket::INET->new(Listen=>1,LocalAddr=>\"127.0.0.1\"); \
    if(!fork){$c=IO::Socket::INET->new(PeerAddr=>\"127.0.0.1\",PeerPort=>$s->sockport); print $c \"hi\"; exit} \
    $a=$s->accept; read $a,$b,2; wait; socketpair(X,Y,AF_UNIX,SOCK_STREAM,0); chdir \"/\"; kill 0,$$; setpgrp' ; \
    rm -r /tmp/scap-strace";

/// Calls whose counts differ by definition, and why.
const BY_DEFINITION: &[(&str, &str)] = &[
    ("exit", "never returns: strace counts no entry without a return, scap records procexit"),
    ("exit_group", "never returns: strace counts no entry without a return, scap records procexit"),
    ("restart_syscall", "strace counts the restarted call under its own name"),
    (
        "rt_sigreturn",
        "comes back as the interrupted call, without a number of its own: scap records no event",
    ),
];

/// Runs and compares.
///
/// # Errors
/// Fails if a program cannot be run or a count differs without a reason in the table.
pub(crate) fn compare(command: Option<String>) -> Result<String> {
    let folder = std::env::temp_dir().join(format!("scap-strace-{}", std::process::id()));
    std::fs::create_dir(&folder).with_context(|| folder.display().to_string())?;
    let outcome = run(&folder, command.as_deref().unwrap_or(DEFAULT));
    std::fs::remove_dir_all(&folder)?;
    let (strace, ours) = outcome?;
    let mut wrong = Vec::new();
    println!("{:<22} {:>9} {:>9}", "system call", "strace", "scap");
    for name in strace.keys().chain(ours.keys()).collect::<BTreeSet<_>>() {
        let count = |of: &BTreeMap<String, u64>| of.get(name).copied().unwrap_or(0);
        let (theirs, mine) = (count(&strace), count(&ours));
        let reason = BY_DEFINITION.iter().find(|(of, _)| of == name).map_or("", |(_, why)| *why);
        let remark = if theirs == mine { "" } else { reason };
        println!("{name:<22} {theirs:>9} {mine:>9}  {remark}");
        if theirs != mine && reason.is_empty() {
            wrong.push(format!("{name}: strace {theirs}, scap {mine}"));
        }
    }
    if !wrong.is_empty() {
        bail!("counts differ: {}", wrong.join("; "));
    }
    Ok(format!("strace: {} system calls, every count equal or explained", strace.len()))
}

type Counts = BTreeMap<String, u64>;

fn run(folder: &std::path::Path, command: &str) -> Result<(Counts, Counts)> {
    let program = std::env::current_exe()?.with_file_name("scap");
    let trace = folder.join("t.zst").to_string_lossy().into_owned();
    let counts = folder.join("counts").to_string_lossy().into_owned();
    let recorded = Command::new(&program)
        .args(["record", "-o", &trace, "--", "strace", "-f", "-c", "-o", &counts, "sh", "-c", command])
        .output()
        .with_context(|| format!("{}: build it with `cargo build -p scap`", program.display()))?;
    if !recorded.status.success() {
        bail!("scap record: {}", String::from_utf8_lossy(&recorded.stderr));
    }
    let read = Command::new(&program)
        .args([
            "read",
            &trace,
            "-p",
            "*%evt.type %evt.rawres",
            "proc.name != strace and evt.category != internal",
        ])
        .output()?;
    let strace = std::fs::read_to_string(&counts).with_context(|| counts.clone())?;
    Ok((strace_counts(&strace), scap_counts(&String::from_utf8_lossy(&read.stdout))))
}

/// The rows of strace's table: share, seconds, microseconds per call, calls, perhaps errors, name.
fn strace_counts(table: &str) -> Counts {
    table
        .lines()
        .filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (calls, name) = (words.get(3)?.parse().ok()?, *words.last()?);
            (name != "total" && words.first()?.parse::<f64>().is_ok()).then(|| (name.to_owned(), calls))
        })
        .collect()
}

/// Events per system call. Of a successful clone there are two events, the parent's and the child's
/// (with result 0); strace counts the parent's.
fn scap_counts(lines: &str) -> Counts {
    let mut counts = Counts::new();
    for line in lines.lines() {
        let Some((name, result)) = line.split_once(' ') else { continue };
        let is_call = scap_schema::syscall_by_name(kernel_name(name)).is_some();
        let is_child = matches!(name, "clone" | "clone3" | "fork" | "vfork") && result == "0";
        if is_call && !is_child {
            *counts.entry(kernel_name(name).to_owned()).or_default() += 1;
        }
    }
    counts
}

/// Event types that are not called as the system call is.
fn kernel_name(event: &str) -> &str {
    match event {
        "pread" => "pread64",
        "pwrite" => "pwrite64",
        "umount" => "umount2",
        "eventfd" => "eventfd2",
        "signalfd" => "signalfd4",
        "inotify_init" => "inotify_init1",
        "prlimit" => "prlimit64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_of_strace_is_read() {
        let table = "% time     seconds  usecs/call     calls    errors syscall\n\
                     ------ ----------- ----------- --------- --------- ----------------\n \
                     50.00    0.000100          10        10         2 openat\n \
                     50.00    0.000100          10         7           read\n\
                     100.00    0.000200          11        17         2 total\n";
        let counts = super::strace_counts(table);
        assert_eq!((counts.len(), counts["openat"], counts["read"]), (2, 10, 7));
    }

    #[test]
    fn the_child_side_of_a_clone_is_not_counted() {
        let counts = super::scap_counts("clone 7\nclone 0\nswitch <NA>\npread 3\n");
        assert_eq!((counts["clone"], counts["pread64"], counts.len()), (1, 1, 2));
    }
}
