//! A part as its sections see it: the account, names for anchors, what of it the page shows.

use std::collections::HashMap;

use maud::{Markup, html};
use scap_account::{ActKind, Process, ProcessId};
use scap_rules::Priority;

use super::tree::{Forest, Node};
use crate::text::line;
use crate::{Limits, Part};

/// One part, and how it is laid out.
pub(super) struct View<'a> {
    pub(super) part: &'a Part<'a>,
    pub(super) limits: &'a Limits,
    /// Bytes for all of it, about.
    share: usize,
    /// Before every id, so that parts don't share any.
    prefix: String,
    /// Whether its sections are one level below those of a page with a single part.
    nested: bool,
    /// Whether it spans more than one day.
    pub(super) several_days: bool,
    /// The processes as a tree.
    pub(super) forest: Forest,
    /// Processes that the tree shows, by themselves.
    pub(super) nodes: HashMap<ProcessId, Node>,
}

/// What a share of a part is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum For {
    Evidence,
    Tree,
    Timeline,
    Table,
}

impl<'a> View<'a> {
    pub(super) fn new(
        part: &'a Part<'a>,
        at: usize,
        several: bool,
        limits: &'a Limits,
        share: usize,
    ) -> Self {
        const DAY: u64 = 86_400_000_000_000;
        let (first, last) = (part.account.summary.first_ts, part.account.summary.last_ts);
        let forest = Forest::of(&part.account);
        let mut view = Self {
            part,
            limits,
            share,
            prefix: if several { format!("t{}-", at + 1) } else { String::new() },
            nested: several,
            several_days: first.map(|ts| ts / DAY) != last.map(|ts| ts / DAY),
            forest,
            nodes: HashMap::new(),
        };
        view.nodes = super::tree::nodes(&view);
        view
    }

    /// The id of something called `name` within this part.
    pub(super) fn id(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Bytes of markup for one kind of content.
    pub(super) fn bytes(&self, what: For) -> usize {
        let hundredths = match what {
            For::Evidence => 45,
            For::Tree => 20,
            For::Timeline => 10,
            // Files, connections, users, further alerts.
            For::Table => 5,
        };
        (self.share / 100 * hundredths).max(16 << 10)
    }

    /// The heading of a part of a section.
    pub(super) fn subheading(&self, text: &str) -> Markup {
        self.heading_at(1, &html! { (text) })
    }

    /// A heading `depth` levels below that of a section.
    pub(super) fn heading_at(&self, depth: u8, text: &Markup) -> Markup {
        match depth + u8::from(self.nested) {
            0 => html! { h2 { (text) } },
            1 => html! { h3 { (text) } },
            2 => html! { h4 { (text) } },
            3 => html! { h5 { (text) } },
            _ => html! { h6 { (text) } },
        }
    }

    /// A section with a heading around `content`.
    pub(super) fn section(&self, id: &str, name: &str, content: &Markup) -> Markup {
        html! {
            section.card #(self.id(id)) aria-label=(name) {
                (self.heading_at(0, &html! { (name) }))
                (content)
            }
        }
    }

    /// Name of the machine.
    pub(super) fn host(&self) -> Markup {
        let name = &self.part.account.host.name;
        if name.is_empty() {
            html! { "unnamed host" }
        } else {
            html! { (line(name)) }
        }
    }

    /// Alerts in all, those left out too.
    pub(super) fn alerts(&self) -> u64 {
        self.part.account.summary.tally.alerts()
    }

    /// Priorities that have alerts, gravest first.
    pub(super) fn by_priority(&self) -> impl Iterator<Item = (Priority, u64)> + '_ {
        let counts = self.part.account.summary.tally.by_priority;
        Priority::ALL.into_iter().zip(counts).filter(|(_, count)| *count > 0)
    }

    /// The process at `id`.
    pub(super) fn process(&self, id: ProcessId) -> Option<&'a Process> {
        self.part.account.processes.get(id.0 as usize)
    }

    /// A time in a list.
    pub(super) fn time(&self, ts: u64) -> Markup {
        super::time::short(ts, self.several_days)
    }
}

/// What an act is called, and whether it is worth a look by itself.
pub(super) fn act(kind: ActKind) -> (&'static str, bool) {
    match kind {
        ActKind::Executed => ("ran", false),
        ActKind::ExecutedFresh => ("ran new program", true),
        ActKind::WroteSystemFile => ("wrote system file", true),
        ActKind::ReadSecret => ("opened secret", true),
        ActKind::Deleted => ("deleted", true),
        ActKind::Moved => ("moved", true),
        ActKind::ChangedFile => ("changed file", true),
        ActKind::Listened => ("listened", true),
        ActKind::Connected => ("connected", true),
        ActKind::Accepted => ("accepted", true),
        ActKind::ChangedUser => ("changed user", true),
        ActKind::Traced => ("traced", true),
        ActKind::Signalled => ("signalled", true),
        ActKind::LoadedIntoKernel => ("loaded into kernel", true),
        ActKind::Mounted => ("mounted", true),
        ActKind::ChangedNamespace => ("changed namespace", true),
        ActKind::ContainerStarted => ("container started", true),
        ActKind::Dropped => ("events lost", true),
    }
}
