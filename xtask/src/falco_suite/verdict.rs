//! What may be said of a case, and the sum of all.

use std::collections::BTreeMap;
use std::fmt;

/// What a case came to.
pub(super) enum Verdict {
    /// As Falco, but for the remarks.
    Agrees(Vec<Remark>),
    /// Differs, and nothing accounts for it.
    Fail(String),
    /// Tests the daemon and no analysis.
    Daemon(&'static str),
    /// Needs a file that is not there.
    NoFixture(String),
}

/// A difference that is known and meant.
pub(super) struct Remark {
    kind: Kind,
    why: String,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Wording,
    EnterEvents,
    NoLog,
}

impl Remark {
    /// The same is said in other words.
    pub(super) fn wording(theirs: &str, ours: &str) -> Remark {
        Remark { kind: Kind::Wording, why: format!("{theirs:?} here reads {ours:?}") }
    }

    /// Falco asked its rules about enter events as well when the suite was written. Today's asks about exit
    /// events only, and so does `scap`.
    pub(super) fn enter_events(what: String) -> Remark {
        let why = format!("{what}: when the suite was written, enter events of a call were alerts too");
        Remark { kind: Kind::EnterEvents, why }
    }

    /// The suite looks at the lines of a log.
    pub(super) fn no_log() -> Remark {
        let why =
            "the alerts agree; asks as well for the times of lines of Falco's own log: scap keeps no log";
        Remark { kind: Kind::NoLog, why: why.to_owned() }
    }
}

/// How many cases came to what.
#[derive(Default)]
pub(super) struct Tally(BTreeMap<&'static str, usize>);

impl Tally {
    /// Counts `verdict` and gives the line that reports it.
    pub(super) fn line(&mut self, name: &str, verdict: &Verdict) -> String {
        let (word, why) = match verdict {
            Verdict::Agrees(remarks) => summed_up(remarks),
            Verdict::Fail(why) => ("fail", why.clone()),
            Verdict::Daemon(why) => ("daemon", (*why).to_owned()),
            Verdict::NoFixture(why) => ("no-fixture", why.clone()),
        };
        *self.0.entry(word).or_default() += 1;
        format!("{word:<12} {name} {why}").trim_end().to_owned()
    }

    pub(super) fn failed(&self) -> bool {
        self.count("fail") > 0
    }

    fn count(&self, word: &str) -> usize {
        self.0.get(word).copied().unwrap_or(0)
    }
}

/// The weightiest remark names the case and is given as its reason.
fn summed_up(remarks: &[Remark]) -> (&'static str, String) {
    let Some(weightiest) = remarks.iter().rev().max_by_key(|remark| remark.kind) else {
        return ("pass", String::new());
    };
    let word = match weightiest.kind {
        Kind::Wording => "wording",
        Kind::EnterEvents => "enter-events",
        Kind::NoLog => "no-log",
    };
    let more = match remarks.len() {
        1 => String::new(),
        n => format!(" (and {} more)", n - 1),
    };
    (word, format!("{}{more}", weightiest.why))
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |word| self.count(word);
        write!(
            f,
            "falco-suite: {} cases: {} pass ({} of them in other words), {} differ by enter events, {} by a log, \
             {} are of the daemon, {} lack a file, {} fail",
            self.0.values().sum::<usize>(),
            of("pass") + of("wording"),
            of("wording"),
            of("enter-events"),
            of("no-log"),
            of("daemon"),
            of("no-fixture"),
            of("fail"),
        )
    }
}
