//! What processes did with files: what was changed first, then what was only read.

use maud::{Markup, html};
use scap_account::FileUse;

use super::process::who;
use super::view::{For, View};
use crate::budget::{Rows, left_out};
use crate::text::{LINE, bytes, cut, grouped, line};

/// Changed and run files that are seen without unfolding anything.
const OPEN: usize = 40;

pub(super) fn section(view: &View<'_>) -> Markup {
    let account = &view.part.account;
    let mut files: Vec<&FileUse> = account.files.iter().collect();
    files.sort_by_key(|file| (rank(view, file), file.first.event));
    let most = view.limits.rows.min(OPEN);
    let mut rows = Rows::new(most, view.bytes(For::Table) / 2);
    let mut further = Rows::new(view.limits.rows - most, view.bytes(For::Table) / 2);
    for file in &files {
        let is_first = rank(view, file).0 < 2 && !rows.is_full();
        if is_first { rows.add(|| row(view, file)) } else { further.add(|| row(view, file)) }
    }
    view.section("files", "Files", &html! {
        @if files.is_empty() { p.muted { "No file was used." } }
        @else {
            p.note {
                "What was made, changed, moved, removed or run stands first, what processes with alerts did before others, and what was only read last."
            }
            @if rows.written() > 0 { (table(&rows)) }
            @if further.written() > 0 {
                details.table-fold {
                    summary {
                        (grouped(further.written())) " more of " (grouped(files.len() as u64 + account.left_out.files))
                        " uses of files"
                    }
                    (table(&further))
                }
            }
        }
        (left_out(further.left_out(account.left_out.files), "use"))
    })
}

fn table(rows: &Rows) -> Markup {
    html! {
        table.stack {
            thead {
                tr {
                    th.num { "First" } th { "Process" } th { "What" } th { "Path" }
                    th.num { "Read" } th.num { "Written" }
                }
            }
            tbody { (rows.markup()) }
        }
    }
}

fn rank(view: &View<'_>, file: &FileUse) -> (u8, bool) {
    let of_alert = view.process(file.process).is_some_and(|process| !process.alerts.is_empty());
    let kind = match () {
        () if file.created || file.written || file.deleted || file.moved || file.changed => 0,
        () if file.executed => 1,
        () => 2,
    };
    (kind, !of_alert)
}

fn row(view: &View<'_>, file: &FileUse) -> Markup {
    html! {
        tr.f data-ts=(file.first.ts) {
            td.num data-label="First" { (view.time(file.first.ts)) }
            td data-label="Process" { (who(view, file.process, file.first.event)) }
            td data-label="What" { (done(file)) }
            td.args data-label="Path" {
                (cut(&file.path, LINE))
                @if let Some(from) = &file.from { " " span.note { "from " (line(from)) } }
            }
            td.num data-label="Read" { @if file.bytes_read > 0 { (bytes(file.bytes_read)) } }
            td.num data-label="Written" { @if file.bytes_written > 0 { (bytes(file.bytes_written)) } }
        }
    }
}

fn done(file: &FileUse) -> Markup {
    let all = [
        (file.created, "created", true),
        (file.written, "written", true),
        (file.deleted, "removed", true),
        (file.moved, "moved here", true),
        (file.changed, "changed", true),
        (file.executed, "run", true),
        (file.read, "read", false),
    ];
    html! {
        @for (_, name, strong) in all.into_iter().filter(|(did, ..)| *did) {
            span class={ "tag" (if strong { "" } else { " quiet" }) } { (name) } " "
        }
        @if file.failures > 0 { span.failed { (grouped(file.failures)) " failed" } }
    }
}
