//! The process tree: who started whom, alerts marked, what is of no interest folded away.
//!
//! Works without scripts. However deep or wide the trace's tree is, the page's is bounded: generations beyond a depth
//! stand beside each other, and processes beyond the limits are counted.

use std::collections::HashMap;

use maud::{Markup, PreEscaped, html};
use scap_account::{Account, Act, ActKind, AlertMark, Ending, Process, ProcessId};

use super::process::{anchor, container, image, user};
use super::view::{For, View, act};
use super::{alerts_badge, time};
use crate::budget::left_out;
use crate::text::{counted, cut, grouped, line, long};

/// Generations that are drawn inside each other.
const DEPTH: usize = 48;

/// Alerts and acts named at one process.
const NAMED: usize = 6;

/// Who started whom, and where something of interest is.
pub(super) struct Forest {
    roots: Vec<ProcessId>,
    children: Vec<Vec<ProcessId>>,
    /// Every process once, parents before their children.
    order: Vec<ProcessId>,
    /// By process: 2 if there is an alert in its tree, 1 if there is an act that stands out, 0 else.
    interest: Vec<u8>,
}

impl Forest {
    pub(super) fn of(account: &Account) -> Self {
        let count = account.processes.len();
        let mut forest = Self {
            roots: Vec::new(),
            children: vec![Vec::new(); count],
            order: Vec::with_capacity(count),
            interest: vec![0; count],
        };
        for process in &account.processes {
            let siblings = process.parent.and_then(|parent| forest.children.get_mut(parent.0 as usize));
            siblings.unwrap_or(&mut forest.roots).push(process.id);
        }
        forest.walk(account);
        forest.weigh(account);
        forest
    }

    /// Lists every process. One that no root leads to is in a loop of parents, and becomes a root.
    fn walk(&mut self, account: &Account) {
        let count = self.children.len();
        let mut met = vec![false; count];
        let mut open: Vec<ProcessId> = self.roots.iter().rev().copied().collect();
        let mut candidate = 0;
        loop {
            while let Some(id) = open.pop() {
                let Some(met) = met.get_mut(id.0 as usize).filter(|met| !**met) else { continue };
                *met = true;
                self.order.push(id);
                open.extend(self.children(id).iter().rev());
            }
            let Some(lost) = (candidate..count).find(|&at| met.get(at) == Some(&false)) else { break };
            candidate = lost + 1;
            let Some(process) = account.processes.get(lost) else { break };
            let siblings = process.parent.and_then(|parent| self.children.get_mut(parent.0 as usize));
            if let Some(siblings) = siblings {
                siblings.retain(|child| *child != process.id);
            }
            self.roots.push(process.id);
            open.push(process.id);
        }
    }

    /// Finds what is of interest, and lets ancestors know.
    fn weigh(&mut self, account: &Account) {
        for process in account.processes.iter().filter(|process| !process.alerts.is_empty()) {
            self.raise(process.id, 2);
        }
        for done in account.acts.iter().filter(|done| act(done.kind).1) {
            if let Some(id) = done.process {
                self.raise(id, 1);
            }
        }
        for at in (0..self.order.len()).rev() {
            let Some(&id) = self.order.get(at) else { continue };
            let below = self.children(id).iter().map(|&child| self.interest(child)).max();
            self.raise(id, below.unwrap_or(0));
        }
    }

    fn raise(&mut self, id: ProcessId, to: u8) {
        if let Some(interest) = self.interest.get_mut(id.0 as usize) {
            *interest = to.max(*interest);
        }
    }

    fn interest(&self, id: ProcessId) -> u8 {
        self.interest.get(id.0 as usize).copied().unwrap_or(0)
    }

    fn children(&self, id: ProcessId) -> &[ProcessId] {
        self.children.get(id.0 as usize).map(Vec::as_slice).unwrap_or_default()
    }

    /// `id` and everything below it, parents first.
    fn below(&self, id: ProcessId) -> Vec<ProcessId> {
        let (mut all, mut open) = (Vec::new(), vec![id]);
        while let Some(id) = open.pop() {
            all.push(id);
            open.extend(self.children(id).iter().rev());
        }
        all
    }
}

/// A process by itself, without its children.
pub(super) struct Node {
    head: Markup,
    about: Markup,
}

/// The processes that the tree shows: those of interest and their ancestors first, up to the limits.
pub(super) fn nodes(view: &View<'_>) -> HashMap<ProcessId, Node> {
    let forest = &view.forest;
    let mut left = view.bytes(For::Tree);
    let mut acts: HashMap<ProcessId, Vec<&Act>> = HashMap::new();
    for done in view.part.account.acts.iter().filter(|done| done.kind != ActKind::Executed) {
        if let Some(id) = done.process {
            acts.entry(id).or_default().push(done);
        }
    }
    let mut nodes = HashMap::new();
    for least in [2, 1, 0] {
        for &id in forest.order.iter().filter(|id| forest.interest(**id) == least) {
            let Some(process) = view.process(id) else { continue };
            let node = node(view, process, acts.get(&id).map(Vec::as_slice).unwrap_or_default());
            let bytes = node.head.0.len() + node.about.0.len();
            if nodes.len() >= view.limits.processes || bytes > left {
                return nodes;
            }
            left -= bytes;
            nodes.insert(id, node);
        }
    }
    nodes
}

fn node(view: &View<'_>, process: &Process, acts: &[&Act]) -> Node {
    let last = image(process, u64::MAX);
    let name = last.map_or(&b"?"[..], |image| &image.name);
    let head = html! {
        span.name { (cut(name, 64)) } " "
        span.pid { (process.pid) } " "
        (container(view, process)) " "
        (alerts_badge(view.part, &process.alerts)) " "
        @if let Some(image) = last { code.cmdline { (cut(&image.cmdline, 160)) } }
    };
    let about = html! {
        div.about {
            div.life {
                span.note {
                    (life(view, process)) " · " (user(process, u64::MAX))
                    @if let Some(ending) = &process.end { " · " (ended(ending)) }
                    " · " (counted(process.events, "event"))
                    @if process.threads > 1 { " · " (counted(u64::from(process.threads), "thread")) }
                }
                (programs(view, process))
            }
            (marks(view, process, acts))
        }
    };
    Node { head, about }
}

fn life(view: &View<'_>, process: &Process) -> Markup {
    html! {
        @match process.start {
            Some(start) => (view.time(start.ts)),
            None => "before the trace",
        }
        " – "
        @match &process.end {
            Some(end) => {
                (view.time(end.at.ts))
                @if let Some(start) = process.start { " (" (time::span(end.at.ts.saturating_sub(start.ts))) ")" }
            }
            None => "still running at the end",
        }
    }
}

fn ended(ending: &Ending) -> Markup {
    html! {
        @match (ending.code, ending.signal) {
            (_, Some(signal)) => span.bad { "killed by signal " (signal) },
            (Some(0), None) => "exit 0",
            (Some(code), None) => { "exit " (code) },
            (None, None) => "ended",
        }
    }
}

/// Alerts and acts of the process.
fn marks(view: &View<'_>, process: &Process, acts: &[&Act]) -> Markup {
    // A line for each rule, with its first alert.
    let mut alerts: Vec<(u32, &AlertMark, u64)> = Vec::new();
    let mut more_alerts = 0;
    for &at in &process.alerts {
        let Some(mark) = view.part.account.alerts.get(at as usize) else { continue };
        let is_full = alerts.len() >= NAMED;
        match alerts.iter_mut().find(|(_, first, _)| first.alert.rule.id == mark.alert.rule.id) {
            Some((.., count)) => *count += 1,
            None if !is_full => alerts.push((at, mark, 1)),
            None => more_alerts += 1,
        }
    }
    html! {
        @if !alerts.is_empty() || !acts.is_empty() {
            ul.marks {
                @for (at, mark, count) in &alerts {
                    li {
                        span class={ "dot " (super::class(mark.alert.rule.priority)) } {}
                        a href={ "#" (view.id(&format!("alert-{}", at + 1))) } { (cut(mark.alert.rule.name.as_bytes(), 120)) }
                        @if *count > 1 { span.muted { " ×" (count) } }
                    }
                }
                @if more_alerts > 0 { li.muted { "and " (counted(more_alerts, "more alert")) } }
                @for done in acts.iter().take(NAMED) {
                    li { span.dot {} span.muted { (act(done.kind).0) } " " code { (cut(&done.object, 120)) } }
                }
                @if acts.len() > NAMED { li.muted { "and " (counted((acts.len() - NAMED) as u64, "more act")) } }
            }
        }
    }
}

/// The programs it ran, with all that is known of each.
fn programs(view: &View<'_>, process: &Process) -> Markup {
    let images = process.own_images();
    html! {
        details.programs {
            summary { "Program" @if images.len() > 1 { "s (" (images.len()) ")" } }
            @for image in images.iter().take(NAMED) {
                dl.fields {
                    dt { "since" } dd { (view.time(image.since.ts)) @if image.since.event > 0 { ", event " (image.since.event) } }
                    dt { "program" } dd { (line(&image.exe)) @if image.fresh { " " span.badge.warning { "new in this trace" } } }
                    dt { "command" } dd { (long(&image.cmdline, image.cmdline.len())) }
                    dt { "in" } dd { (line(&image.cwd)) }
                    @if let Some(hash) = &image.hash { dt { "hash" } dd { (line(hash)) } }
                }
            }
            @if images.len() > NAMED {
                p.muted { "and " (counted((images.len() - NAMED) as u64, "more program")) }
            }
        }
    }
}

pub(super) fn section(view: &View<'_>) -> Markup {
    let account = &view.part.account;
    if account.processes.is_empty() {
        return view.section("processes", "Processes", &html! { p.muted { "The trace knows no process." } });
    }
    let missing = (account.processes.len() - view.nodes.len().min(account.processes.len())) as u64;
    view.section(
        "processes",
        "Processes",
        &html! {
            p.note {
                "Who started whom. Open are the processes with alerts and their ancestors; others are folded."
            }
            div.tree-tools.needs-script {
                button type="button" data-tree="alerts" { "With alerts" }
                button type="button" data-tree="all" { "Open all" }
                button type="button" data-tree="none" { "Close all" }
            }
            ul.tree { (siblings(view, &view.forest.roots, 0)) }
            (left_out(missing + account.left_out.processes, "process"))
        },
    )
}

/// `ids` and what is below them; those without interest together in one fold.
fn siblings(view: &View<'_>, ids: &[ProcessId], depth: usize) -> Markup {
    let shown = || ids.iter().copied().filter(|id| view.nodes.contains_key(id));
    let forest = &view.forest;
    // Where nothing is of interest, there is nothing to fold it away for.
    let (seen, folded): (Vec<_>, Vec<_>) = match shown().any(|id| forest.interest(id) > 0) {
        true => shown().partition(|&id| forest.interest(id) > 0),
        false => (shown().collect(), Vec::new()),
    };
    let within: usize = folded.iter().map(|&id| forest.below(id).len()).sum();
    html! {
        @for id in seen { (branch(view, id, depth)) }
        @if !folded.is_empty() {
            li.fold {
                details {
                    summary { (grouped(within as u64)) " of no particular interest" }
                    ul { @for id in folded { (branch(view, id, depth + 1)) } }
                }
            }
        }
    }
}

fn branch(view: &View<'_>, id: ProcessId, depth: usize) -> Markup {
    let Some(node) = view.nodes.get(&id) else { return html! {} };
    let forest = &view.forest;
    let children = forest.children(id);
    if depth >= DEPTH {
        // Deeper ones stand beside each other, in order.
        let below = forest.below(id);
        return html! { @for id in below { (leaf(view, id)) } };
    }
    html! {
        li.node.f #(anchor(view, id)) data-interest=(forest.interest(id)) {
            details open[forest.interest(id) == 2] {
                summary { (PreEscaped(&node.head.0)) }
                (PreEscaped(&node.about.0))
                @if children.iter().any(|child| view.nodes.contains_key(child)) {
                    ul { (siblings(view, children, depth + 1)) }
                }
            }
        }
    }
}

fn leaf(view: &View<'_>, id: ProcessId) -> Markup {
    let Some(node) = view.nodes.get(&id) else { return html! {} };
    html! {
        li.node.f #(anchor(view, id)) data-interest=(view.forest.interest(id)) {
            details { summary { (PreEscaped(&node.head.0)) } (PreEscaped(&node.about.0)) }
        }
    }
}
