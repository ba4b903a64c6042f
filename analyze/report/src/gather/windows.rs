//! Which events stand around an alert: the last ones of its process before it, and the next ones after.
//!
//! A process that just began has few of its own; what its parent did before stands in for the rest, as its past.
//! Takes the numbers of events with their processes; gives the numbers to show.

use std::collections::{BTreeMap, HashMap, VecDeque};

use scap_account::{Account, ProcessId};

use crate::budget::Limits;

/// The alerts that are shown with their evidence, by position in the account.
#[derive(Debug, Default)]
pub(crate) struct Chosen(pub(crate) Vec<usize>);

impl Chosen {
    /// The first ones of each rule, those of grave rules first if there are too many.
    pub(crate) fn of(account: &Account, limits: &Limits) -> Self {
        let mut by_rule: HashMap<scap_rules::RuleId, usize> = HashMap::new();
        let mut some: Vec<usize> = Vec::new();
        for (at, mark) in account.alerts.iter().enumerate() {
            let count = by_rule.entry(mark.alert.rule.id).or_default();
            *count += 1;
            if *count <= limits.evidence_per_rule {
                some.push(at);
            }
        }
        some.sort_by_key(|&at| account.alerts.get(at).map(|mark| mark.alert.rule.priority));
        some.truncate(limits.evidence);
        some.sort_unstable();
        Self(some)
    }
}

/// The last events of a process, and the alerts that wait for its next ones.
#[derive(Debug, Default)]
struct Trail {
    parent: Option<ProcessId>,
    begun: bool,
    /// Number and time.
    last: VecDeque<(u64, u64)>,
    /// Position of the alert, and how many events it still takes.
    waiting: Vec<(usize, usize)>,
}

/// Numbers of events by position of the alert around which they stand.
pub(crate) type Numbers = HashMap<usize, Vec<u64>>;

/// Collects numbers.
pub(crate) struct Windows {
    around: usize,
    /// Alerts to show by the number of their event.
    alerts: BTreeMap<u64, Vec<(usize, Option<ProcessId>)>>,
    trails: HashMap<ProcessId, Trail>,
    /// Processes with a trail by pid: number of their first event, in order.
    by_pid: HashMap<i64, Vec<(u64, ProcessId)>>,
    /// What all processes did last, for alerts of unknown ones.
    everyone: Trail,
    found: Numbers,
    span: Option<(u64, u64)>,
}

impl Windows {
    pub(crate) fn new(account: &Account, chosen: &Chosen, around: usize) -> Self {
        let mut windows = Self {
            around,
            alerts: BTreeMap::new(),
            trails: HashMap::new(),
            by_pid: HashMap::new(),
            everyone: Trail::default(),
            found: HashMap::new(),
            span: None,
        };
        for &at in &chosen.0 {
            let Some(mark) = account.alerts.get(at) else { continue };
            windows.alerts.entry(mark.alert.event).or_default().push((at, mark.process));
            let mut next = mark.process;
            // Ends where a trail is there already, so a loop of parents does too.
            while let Some(id) = next.filter(|id| !windows.trails.contains_key(id)) {
                let Some(process) = account.processes.get(id.0 as usize) else { break };
                windows.trails.insert(id, Trail { parent: process.parent, ..Trail::default() });
                windows.by_pid.entry(process.pid).or_default().push((process.first.event, id));
                next = process.parent;
            }
        }
        windows.by_pid.values_mut().for_each(|processes| processes.sort_unstable());
        windows
    }

    /// Takes note of event `num` at time `ts` of process `pid`.
    pub(crate) fn event(&mut self, num: u64, ts: u64, pid: Option<i64>) {
        let of = pid.and_then(|pid| {
            let processes = self.by_pid.get(&pid)?;
            Some(processes.iter().rev().find(|(first, _)| *first <= num).or(processes.first())?.1)
        });
        let alerts = self.alerts.remove(&num).unwrap_or_default();
        if let Some(id) = of {
            self.begin(id);
        }
        for (at, process) in alerts {
            let trail = match process {
                Some(id) => self.trails.entry(id).or_default(),
                None => &mut self.everyone,
            };
            let window = self.found.entry(at).or_default();
            for &(before, then) in &trail.last {
                window.push(before);
                widen(&mut self.span, then);
            }
            window.push(num);
            widen(&mut self.span, ts);
            trail.waiting.push((at, self.around.saturating_add(1)));
        }
        let own = of.and_then(|id| self.trails.get_mut(&id));
        for trail in own.into_iter().chain([&mut self.everyone]) {
            trail.note(num, ts, self.around, &mut self.found, &mut self.span);
        }
    }

    /// Gives a process that begins the past of its parent.
    fn begin(&mut self, id: ProcessId) {
        let Some(trail) = self.trails.get(&id).filter(|trail| !trail.begun) else { return };
        let past = trail.parent.and_then(|parent| self.trails.get(&parent)).map(|parent| parent.last.clone());
        if let Some(trail) = self.trails.get_mut(&id) {
            trail.begun = true;
            trail.last = past.unwrap_or_default();
        }
    }

    /// The numbers by position of the alert, in order, and the earliest and latest time of any.
    pub(crate) fn finish(mut self) -> (Numbers, Option<(u64, u64)>) {
        for window in self.found.values_mut() {
            window.sort_unstable();
            window.dedup();
        }
        (self.found, self.span)
    }
}

impl Trail {
    fn note(&mut self, num: u64, ts: u64, around: usize, found: &mut Numbers, span: &mut Option<(u64, u64)>) {
        for (at, left) in &mut self.waiting {
            // The alert's own event is among those it waits for, and there already.
            found.entry(*at).or_default().push(num);
            *left -= 1;
            widen(span, ts);
        }
        self.waiting.retain(|(_, left)| *left > 0);
        if around == 0 {
            return;
        }
        if self.last.len() >= around {
            self.last.pop_front();
        }
        self.last.push_back((num, ts));
    }
}

fn widen(span: &mut Option<(u64, u64)>, ts: u64) {
    *span = Some(span.map_or((ts, ts), |(from, to)| (from.min(ts), to.max(ts))));
}
