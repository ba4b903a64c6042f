//! Users that processes ran as, and the containers they ran in.

use std::collections::BTreeMap;

use maud::{Markup, html};
use scap_account::{Moment, Process, ProcessId};

use super::process::who;
use super::view::{For, View};
use crate::budget::{Rows, left_out};
use crate::text::{LINE, cut, grouped, line};

/// What is told of a user.
#[derive(Default)]
struct User<'a> {
    name: &'a [u8],
    processes: u64,
    alerts: usize,
    /// Who became this user, and when.
    became: Vec<(Moment, ProcessId)>,
}

/// Changes of user that are named of each.
const BECAME: usize = 4;

pub(super) fn section(view: &View<'_>) -> Markup {
    let account = &view.part.account;
    let mut users: BTreeMap<u32, User<'_>> = BTreeMap::new();
    for process in &account.processes {
        for (at, (since, uid, name)) in process.users.iter().enumerate() {
            let user = users.entry(*uid).or_default();
            user.processes += 1;
            user.name = if user.name.is_empty() { name } else { user.name };
            if at == 0 {
                user.alerts += process.alerts.len();
            } else {
                user.became.push((*since, process.id));
            }
        }
    }
    let mut rows = Rows::new(view.limits.rows, view.bytes(For::Table));
    users.iter().for_each(|(uid, user)| rows.add(|| row(view, *uid, user)));
    view.section("users", "Users", &html! {
        @if users.is_empty() { p.muted { "The trace knows no user." } }
        @else {
            table.stack {
                thead { tr { th { "User" } th.num { "Processes" } th.num { "Alerts" } th { "Taken on by" } } }
                tbody { (rows.markup()) }
            }
            (logins(&account.processes))
        }
        (left_out(rows.left_out(0), "user"))
    })
}

fn row(view: &View<'_>, uid: u32, user: &User<'_>) -> Markup {
    html! {
        tr.f {
            td data-label="User" {
                @if user.name.is_empty() { span.muted { "unnamed" } } @else { (cut(user.name, 64)) }
                " " span.pid { @if uid == u32::MAX { "uid unknown" } @else { "uid " (uid) } }
            }
            td.num data-label="Processes" { (grouped(user.processes)) }
            td.num data-label="Alerts" { @if user.alerts > 0 { (grouped(user.alerts as u64)) } }
            td data-label="Taken on by" {
                @for (at, (since, id)) in user.became.iter().take(BECAME).enumerate() {
                    @if at > 0 { ", " }
                    (who(view, *id, since.event)) " " span.muted { (view.time(since.ts)) }
                }
                @if user.became.len() > BECAME { span.muted { " and " (user.became.len() - BECAME) " more" } }
            }
        }
    }
}

/// The users who logged in, as far as processes descend from a login.
fn logins(processes: &[Process]) -> Markup {
    let mut logins: BTreeMap<u32, u64> = BTreeMap::new();
    for process in processes.iter().filter(|process| process.loginuid != u32::MAX) {
        *logins.entry(process.loginuid).or_default() += 1;
    }
    html! {
        p.note {
            @if logins.is_empty() { "No process is known to descend from a login." }
            @else {
                "Descending from logins: "
                @for (at, (uid, count)) in logins.iter().take(50).enumerate() {
                    @if at > 0 { ", " }
                    "uid " (uid) " (" (grouped(*count)) ")"
                }
                "."
            }
        }
    }
}

pub(super) fn containers(view: &View<'_>) -> Markup {
    let account = &view.part.account;
    if account.containers.is_empty() {
        return html! {};
    }
    let mut rows = Rows::new(view.limits.rows, view.bytes(For::Table));
    let mut inside = vec![(0_u64, 0); account.containers.len()];
    for process in &account.processes {
        let container = process.container.and_then(|at| inside.get_mut(at as usize));
        if let Some((processes, alerts)) = container {
            *processes += 1;
            *alerts += process.alerts.len();
        }
    }
    for (container, (processes, alerts)) in account.containers.iter().zip(inside) {
        rows.add(|| {
            html! {
                tr.f {
                    td data-label="Name" { (line(container.name.as_bytes())) }
                    td.args data-label="Id" { (cut(container.id.as_bytes(), 64)) }
                    td.args data-label="Image" {
                        (cut(container.image.as_bytes(), LINE))
                        @if container.privileged { " " span.badge.warning { "privileged" } }
                    }
                    td.num data-label="Processes" { (grouped(processes)) }
                    td.num data-label="Alerts" { @if alerts > 0 { (grouped(alerts as u64)) } }
                }
            }
        });
    }
    view.section("containers", "Containers", &html! {
        table.stack {
            thead { tr { th { "Name" } th { "Id" } th { "Image" } th.num { "Processes" } th.num { "Alerts" } } }
            tbody { (rows.markup()) }
        }
        (left_out(rows.left_out(0), "container"))
    })
}
