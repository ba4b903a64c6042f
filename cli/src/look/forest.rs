//! The processes of an account as trees, and which of them to show.
//!
//! Takes an account and the choice, gives rows from the top down: a process, or how many are folded. Lines of descent may be
//! of any depth; nothing here recurses.

use scap_account::{Account, Process, ProcessId};

/// Generations beyond which rows move no further to the right.
const DEEPEST: usize = 24;

/// Whom to show.
pub(crate) enum Choice {
    /// Everybody.
    All,
    /// Who did anything, and those above.
    Active,
    /// These with all above and below; nobody else.
    Around(Vec<ProcessId>),
}

/// One row.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// What stands in front of it, drawn as a tree.
    pub(crate) lead: String,
    /// What stands in front of further lines about it.
    pub(crate) below: String,
    /// What it is about.
    pub(crate) what: What,
}

/// What a row is about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A process.
    Process(ProcessId),
    /// So many processes, with all below them, that are not shown.
    Folded(u64),
}

/// The rows of `account`.
pub(crate) fn rows(account: &Account, choice: &Choice) -> Vec<Row> {
    let count = account.processes.len();
    let mut children: Vec<Vec<ProcessId>> = vec![Vec::new(); count];
    let mut roots = Vec::new();
    for process in &account.processes {
        match process.parent.and_then(|parent| children.get_mut(parent.0 as usize)) {
            Some(siblings) => siblings.push(process.id),
            None => roots.push(process.id),
        }
    }
    let order = |list: &mut Vec<ProcessId>| {
        list.sort_by_key(|&id| account.process(id).map(|process| (process.first, process.pid)));
    };
    order(&mut roots);
    children.iter_mut().for_each(order);
    let downwards = downwards(&roots, &children);
    let shown = shown(account, choice, &downwards);
    Drawing { children: &children, shown: &shown, sizes: sizes(account, &downwards) }.draw(roots)
}

/// All processes, each behind its parent.
fn downwards(roots: &[ProcessId], children: &[Vec<ProcessId>]) -> Vec<ProcessId> {
    let mut all = roots.to_vec();
    let mut at = 0;
    while let Some(&id) = all.get(at) {
        all.extend(children.get(id.0 as usize).into_iter().flatten());
        at += 1;
    }
    all
}

/// How many processes there are from each one down.
fn sizes(account: &Account, downwards: &[ProcessId]) -> Vec<u64> {
    let mut sizes = vec![1; account.processes.len()];
    for &id in downwards.iter().rev() {
        let own = sizes.get(id.0 as usize).copied().unwrap_or(0);
        let parent = account.process(id).and_then(|process| process.parent);
        if let Some(parent) = parent.and_then(|parent| sizes.get_mut(parent.0 as usize)) {
            *parent += own;
        }
    }
    sizes
}

fn shown(account: &Account, choice: &Choice, downwards: &[ProcessId]) -> Vec<bool> {
    let mut shown: Vec<bool> = match choice {
        Choice::All => vec![true; account.processes.len()],
        Choice::Active => account.processes.iter().map(is_active).collect(),
        Choice::Around(ids) => {
            let mut shown = vec![false; account.processes.len()];
            for id in ids {
                set(&mut shown, *id);
            }
            for &id in downwards {
                let parent = account.process(id).and_then(|process| process.parent);
                if parent.is_some_and(|parent| shown.get(parent.0 as usize) == Some(&true)) {
                    set(&mut shown, id);
                }
            }
            shown
        }
    };
    // Nobody is shown without those above.
    for &id in downwards.iter().rev() {
        if shown.get(id.0 as usize) == Some(&true)
            && let Some(parent) = account.process(id).and_then(|process| process.parent)
        {
            set(&mut shown, parent);
        }
    }
    shown
}

fn is_active(process: &Process) -> bool {
    process.events > 0 || !process.alerts.is_empty()
}

fn set(shown: &mut [bool], id: ProcessId) {
    if let Some(one) = shown.get_mut(id.0 as usize) {
        *one = true;
    }
}

struct Drawing<'a> {
    children: &'a [Vec<ProcessId>],
    shown: &'a [bool],
    sizes: Vec<u64>,
}

/// What is still to draw: the rows of one set of siblings, and what stands in front of them.
struct Level {
    rows: std::vec::IntoIter<What>,
    left: usize,
    lead: String,
    depth: usize,
}

impl Drawing<'_> {
    fn draw(&self, roots: Vec<ProcessId>) -> Vec<Row> {
        let mut out = Vec::new();
        let mut levels = vec![self.level(&roots, String::new(), 0)];
        while let Some(level) = levels.last_mut() {
            let Some(what) = level.rows.next() else {
                levels.pop();
                continue;
            };
            level.left -= 1;
            let last = level.left == 0;
            // Roots stand side by side without a trunk.
            let (branch, trunk) = match (level.depth, last) {
                (0, _) => ("", ""),
                (_, true) => ("└─ ", "   "),
                (_, false) => ("├─ ", "│  "),
            };
            let lead = format!("{}{branch}", level.lead);
            let inner =
                if level.depth < DEEPEST { format!("{}{trunk}", level.lead) } else { level.lead.clone() };
            let depth = level.depth + 1;
            let mut below = inner.clone();
            if let What::Process(id) = what {
                let children = self.children.get(id.0 as usize).map_or(&[][..], Vec::as_slice);
                let next = self.level(children, inner, depth);
                below.push_str(if next.left > 0 { "│ " } else { "  " });
                levels.push(next);
            }
            out.push(Row { lead, below, what });
        }
        out
    }

    fn level(&self, ids: &[ProcessId], lead: String, depth: usize) -> Level {
        let is_shown = |id: &&ProcessId| self.shown.get(id.0 as usize) == Some(&true);
        let mut rows: Vec<What> = ids.iter().filter(is_shown).map(|&id| What::Process(id)).collect();
        let size = |id: &ProcessId| self.sizes.get(id.0 as usize).copied().unwrap_or(1);
        let folded: u64 = ids.iter().filter(|id| !is_shown(id)).map(size).sum();
        if folded > 0 {
            rows.push(What::Folded(folded));
        }
        Level { left: rows.len(), rows: rows.into_iter(), lead, depth }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scap_account::Moment;

    /// Processes given by their parents and events.
    fn account(processes: &[(Option<u32>, u64)]) -> Account {
        let at = |event| Moment { event, ts: event };
        let process = |(n, &(parent, events)): (u32, &(Option<u32>, u64))| Process {
            id: ProcessId(n),
            pid: i64::from(n) + 100,
            vpid: 0,
            parent: parent.map(ProcessId),
            ppid: 0,
            start: None,
            first: at(0),
            last: at(0),
            end: None,
            images: Vec::new(),
            users: Vec::new(),
            loginuid: 0,
            container: None,
            tty: 0,
            threads: 1,
            events,
            alerts: Vec::new(),
        };
        Account { processes: (0..).zip(processes).map(process).collect(), ..Account::default() }
    }

    fn drawn(account: &Account, choice: &Choice) -> Vec<String> {
        rows(account, choice)
            .into_iter()
            .map(|row| match row.what {
                What::Process(id) => format!("{}{}", row.lead, id.0),
                What::Folded(count) => format!("{}…{count}", row.lead),
            })
            .collect()
    }

    #[test]
    fn idle_processes_are_folded_with_all_below_them() {
        // 0 has 1 (idle, above 3 which is idle) and 2 (above 4, which did something).
        let account =
            account(&[(None, 0), (Some(0), 0), (Some(0), 0), (Some(1), 0), (Some(2), 5), (None, 0)]);
        assert_eq!(drawn(&account, &Choice::Active), ["0", "├─ 2", "│  └─ 4", "└─ …2", "…1"]);
        assert_eq!(drawn(&account, &Choice::All), ["0", "├─ 1", "│  └─ 3", "└─ 2", "   └─ 4", "5"]);
    }

    #[test]
    fn around_a_process_are_those_above_and_below_it() {
        let account =
            account(&[(None, 1), (Some(0), 1), (Some(0), 1), (Some(1), 0), (Some(3), 0), (None, 9)]);
        let around = Choice::Around(vec![ProcessId(3)]);
        assert_eq!(drawn(&account, &around), ["0", "├─ 1", "│  └─ 3", "│     └─ 4", "└─ …1", "…1"]);
    }

    #[test]
    fn a_line_of_any_length_is_drawn() {
        let line: Vec<_> = (0..100_000u32).map(|n| (n.checked_sub(1), 1)).collect();
        let rows = rows(&account(&line), &Choice::Active);
        assert_eq!(rows.len(), 100_000);
        assert!(rows.last().is_some_and(|row| row.lead.chars().count() < 100));
    }
}
