//! A process in a few words: its name and pid, with a way to its place in the tree.

use maud::{Markup, html};
use scap_account::{Image, Process, ProcessId};

use super::view::View;
use crate::text::{bare, cut, line};

/// Most generations that a chain of ancestors shows.
const GENERATIONS: usize = 24;

/// Bytes of a process' name; the kernel keeps 15.
const NAME: usize = 64;

/// What `process` ran at event `num`.
pub(super) fn image(process: &Process, num: u64) -> Option<&Image> {
    process.images.iter().rev().find(|image| image.since.event <= num).or(process.images.first())
}

/// Name and pid at event `num`, with a link into the tree.
pub(super) fn who(view: &View<'_>, id: ProcessId, num: u64) -> Markup {
    let Some(process) = view.process(id) else { return html! { span.muted { "unknown" } } };
    let name = image(process, num).map_or(&b"?"[..], |image| &image.name);
    let label = html! { span.name { (cut(name, NAME)) } " " span.pid { (process.pid) } };
    if !view.nodes.contains_key(&id) {
        return label;
    }
    html! { a.who href={ "#" (anchor(view, id)) } { (label) } }
}

/// The id of a process' place in the tree.
pub(super) fn anchor(view: &View<'_>, id: ProcessId) -> String {
    view.id(&format!("proc-{}", id.0))
}

/// The ancestors of `id`, eldest first, and itself; whether there are more.
pub(super) fn chain(view: &View<'_>, id: ProcessId) -> (Vec<ProcessId>, bool) {
    let mut chain = vec![id];
    let mut next = view.process(id).and_then(|process| process.parent);
    while let Some(parent) = next.filter(|parent| !chain.contains(parent)) {
        if chain.len() >= GENERATIONS {
            break;
        }
        chain.push(parent);
        next = view.process(parent).and_then(|process| process.parent);
    }
    chain.reverse();
    (chain, next.is_some())
}

/// Who started whom down to `id`, on one line.
pub(super) fn descent(view: &View<'_>, id: ProcessId, num: u64) -> Markup {
    let (chain, more) = chain(view, id);
    let shown = chain.len().saturating_sub(4);
    html! {
        span.descent {
            @if more || shown > 0 { span.muted { "… › " } }
            @for (at, &id) in chain.iter().enumerate().skip(shown) {
                @if at > shown { span.muted { " › " } }
                (who(view, id, num))
            }
        }
    }
}

/// The user of `process` at event `num`.
pub(super) fn user(process: &Process, num: u64) -> Markup {
    let then = process.users.iter().rev().find(|(since, ..)| since.event <= num).or(process.users.first());
    match then {
        Some((_, u32::MAX, _)) => html! { span.muted { "user unknown" } },
        Some((_, uid, name)) if name.is_empty() => html! { "uid " (uid) },
        Some((_, uid, name)) => html! { span title={ "uid " (uid) } { (cut(name, NAME)) } },
        None => html! { span.muted { "unknown" } },
    }
}

/// Name of the container that `process` runs in; nothing on the host.
pub(super) fn container(view: &View<'_>, process: &Process) -> Markup {
    let container = process.container.and_then(|at| view.part.account.containers.get(at as usize));
    let Some(container) = container else { return html! {} };
    let name = if container.name.is_empty() { &container.id } else { &container.name };
    html! { span.tag title={ "container " (bare(container.id.as_bytes(), NAME)) } { (line(name.as_bytes())) } }
}
