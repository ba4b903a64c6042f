//! Activity over time: a picture that stands without scripts, and the figures with which they enlarge it.

use maud::{Markup, PreEscaped, html};
use scap_rules::Priority;
use serde_json::json;

use super::view::View;
use super::{class, time};
use crate::gather::{Activity, KINDS};
use crate::text::{counted, grouped};

/// Bars of the picture.
const BARS: usize = 160;

/// Size of the picture in its own units; it is stretched to whatever room there is.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 160.0;
/// Height of the strip below the bars, in which alerts are marked.
const LANE: f64 = 26.0;

/// Alerts that scripts know of.
const MARKS: usize = 5000;

pub(super) fn section(view: &View<'_>) -> Markup {
    let activity = &view.part.evidence.activity;
    if activity.counts.is_empty() {
        return view.section("activity", "Activity", &html! { p.muted { "There are no events." } });
    }
    let bars = bars(activity);
    let top = bars.iter().map(Bar::sum).max().unwrap_or(0).max(1);
    view.section("activity", "Activity", &html! {
        p.note {
            "Events over time, " (time::span(bar_ns(activity))) " a bar; below them the alerts. "
            span.needs-script { "Drag to look closer, double-click to see all; with the keyboard: arrows, + and −, 0." }
        }
        figure.plot data-plot=(view.id("plot")) {
            div.plot-head {
                span.y-top { "up to " (grouped(u64::from(top))) " events" }
                span.legend {
                    @for (at, kind) in KINDS.iter().enumerate() { span { i class={ "key k" (at) } {} (kind) } }
                    @if !gaps(view).is_empty() { span { i.key.gap {} "events lost" } }
                }
                span.zoom.needs-script {
                    button type="button" data-zoom="in" aria-label="Look closer" { "+" }
                    button type="button" data-zoom="out" aria-label="Look from further away" { "−" }
                    button type="button" data-zoom="all" { "All" }
                }
            }
            div.canvas tabindex="0" role="group" aria-label=(spoken(view, top)) {
                (picture(view, activity, &bars, top))
                div.tip hidden {}
            }
            div.axis aria-hidden="true" { (ticks(view, activity)) }
        }
        (figures(view, activity))
    })
}

/// What the picture shows, in words.
fn spoken(view: &View<'_>, top: u32) -> String {
    let summary = &view.part.account.summary;
    format!(
        "{} over {}, at most {top} at once; {}",
        counted(summary.passed.events, "event"),
        time::span(summary.last_ts.unwrap_or(0).saturating_sub(summary.first_ts.unwrap_or(0))),
        counted(view.alerts(), "alert")
    )
}

/// Some neighbouring slices.
struct Bar {
    counts: [u32; KINDS.len()],
}

impl Bar {
    fn sum(&self) -> u32 {
        self.counts.iter().fold(0, |sum, &count| sum.saturating_add(count))
    }
}

fn per_bar(activity: &Activity) -> usize {
    activity.counts.len().div_ceil(BARS).max(1)
}

fn bar_ns(activity: &Activity) -> u64 {
    activity.slice.saturating_mul(per_bar(activity) as u64)
}

fn bars(activity: &Activity) -> Vec<Bar> {
    let sum = |slices: &[[u32; KINDS.len()]]| {
        let mut counts = [0_u32; KINDS.len()];
        for slice in slices {
            for (sum, more) in counts.iter_mut().zip(slice) {
                *sum = sum.saturating_add(*more);
            }
        }
        Bar { counts }
    };
    activity.counts.chunks(per_bar(activity)).map(sum).collect()
}

#[allow(clippy::cast_precision_loss, reason = "places in a picture")]
fn picture(view: &View<'_>, activity: &Activity, bars: &[Bar], top: u32) -> Markup {
    let step = WIDTH / bars.len().max(1) as f64;
    let scale = HEIGHT / f64::from(top);
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT + LANE) } preserveAspectRatio="none" aria-hidden="true" {
            @for (from, to, lost) in gaps(view) {
                (gap(activity, from, to, lost))
            }
            g.bars {
                @for (at, bar) in bars.iter().enumerate().filter(|(_, bar)| bar.sum() > 0) {
                    (stack(at, bar, step, scale, activity))
                }
            }
            line.base x1="0" x2=(WIDTH) y1=(HEIGHT) y2=(HEIGHT) {}
            g.marks { (marks(view, activity, bars.len(), step)) }
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "places in a picture")]
fn stack(at: usize, bar: &Bar, step: f64, scale: f64, activity: &Activity) -> Markup {
    let mut below = 0_u32;
    let start = activity.from.saturating_add(bar_ns(activity).saturating_mul(at as u64));
    html! {
        g {
            title { (scap_analyze::print::clock_time(start, true)) ": " (counted(u64::from(bar.sum()), "event")) }
            @for (kind, &count) in bar.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                @let y = HEIGHT - f64::from(below.saturating_add(count)) * scale;
                ({ below = below.saturating_add(count); PreEscaped("") })
                rect class={ "k" (kind) } x=(fixed(at as f64 * step)) y=(fixed(y)) width=(fixed(step * 0.86))
                    height=(fixed(f64::from(count) * scale)) {}
            }
        }
    }
}

/// Where events are missing: from, to, how many.
fn gaps(view: &View<'_>) -> Vec<(u64, u64, u64)> {
    let drops = &view.part.account.summary.tally.gaps.drops;
    drops.iter().map(|gap| (gap.from, gap.to, gap.lost)).collect()
}

fn gap(activity: &Activity, from: u64, to: u64, lost: u64) -> Markup {
    let (left, right) = (place(activity, from), place(activity, to));
    // A gap of a moment is seen as well.
    let left = (left - 3.0).max(0.0);
    html! {
        rect.gap x=(fixed(left)) y="0" width=(fixed((right + 3.0).min(WIDTH) - left)) height=(HEIGHT) {
            title { (counted(lost, "event")) " lost up to here" }
        }
    }
}

/// Where time `ts` is in the picture.
#[allow(clippy::cast_precision_loss, reason = "places in a picture")]
fn place(activity: &Activity, ts: u64) -> f64 {
    let all = activity.slice.max(1) as f64 * activity.counts.len().max(1) as f64;
    (ts.saturating_sub(activity.from) as f64 / all * WIDTH).clamp(0.0, WIDTH)
}

/// The first alert of each priority in each bar.
#[allow(clippy::cast_precision_loss, reason = "places in a picture")]
fn marks(view: &View<'_>, activity: &Activity, bars: usize, step: f64) -> Markup {
    let mut seen = std::collections::BTreeMap::new();
    for (at, mark) in view.part.account.alerts.iter().enumerate() {
        let bar = (activity.at(mark.alert.ts) / per_bar(activity)).min(bars.saturating_sub(1));
        seen.entry((bar, row(mark.alert.rule.priority))).or_insert((at, mark, 0_u64)).2 += 1;
    }
    html! {
        @for ((bar, row), (at, mark, count)) in seen {
            a href={ "#" (view.id(&format!("alert-{}", at + 1))) } tabindex="-1" {
                title { (counted(count, "alert")) ": " (crate::text::bare(mark.alert.rule.name.as_bytes(), 100)) }
                rect class={ "mark " (class(mark.alert.rule.priority)) } x=(fixed(bar as f64 * step))
                    y=(fixed(HEIGHT + 2.0 + row as f64 * 6.0)) width=(fixed((step * 0.86).max(4.0))) height="5" {}
            }
        }
    }
}

/// The row in which alerts of a priority are marked, gravest on top.
fn row(priority: Priority) -> usize {
    match class(priority) {
        "critical" => 0,
        "error" => 1,
        "warning" => 2,
        _ => 3,
    }
}

fn ticks(view: &View<'_>, activity: &Activity) -> Markup {
    const TICKS: u64 = 4;
    let length = activity.slice.saturating_mul(activity.counts.len() as u64);
    let at = |tick: u64| {
        let after = u128::from(length) * u128::from(tick) / u128::from(TICKS);
        activity.from.saturating_add(u64::try_from(after).unwrap_or(u64::MAX))
    };
    html! {
        @for tick in 0..=TICKS { span { (view.time(at(tick))) } }
    }
}

/// Numbers for scripts; nothing in them comes from evidence as text.
fn figures(view: &View<'_>, activity: &Activity) -> Markup {
    let alerts = view.part.account.alerts.iter().take(MARKS).enumerate().map(|(at, mark)| {
        json!([mark.alert.ts.saturating_sub(activity.from), row(mark.alert.rule.priority), at + 1])
    });
    let alerts: Vec<_> = alerts.collect();
    let columns: Vec<Vec<u32>> = (0..KINDS.len())
        .map(|kind| activity.counts.iter().filter_map(|slice| slice.get(kind).copied()).collect())
        .collect();
    let gaps: Vec<_> = gaps(view)
        .into_iter()
        .map(|(from, to, lost)| {
            json!([from.saturating_sub(activity.from), to.saturating_sub(activity.from), lost])
        })
        .collect();
    let figures = json!({
        "from": activity.from.to_string(),
        "slice": activity.slice,
        "counts": columns,
        "kinds": KINDS,
        "alerts": alerts,
        "alertId": view.id("alert-"),
        "timeline": view.id("timeline"),
        "gaps": gaps,
    });
    // Nothing in them could end the element; this keeps it so whatever is added.
    let text = figures.to_string().replace('<', "\\u003c");
    html! { script type="application/json" #(view.id("plot")) { (PreEscaped(text)) } }
}

/// A coordinate with as many digits as can be seen.
fn fixed(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
