//! How reports look: nothing is wider than the window, text stands out from what is behind it, colours follow the system
//! and the button, paper has no tools.

use super::chromium::Browser;
use super::common::{dir, path, scap};
use super::intruder;
use serde_json::json;
use std::path::Path;

/// Every text that is seen and too much like what is behind it (WCAG 2, AA: 4.5 : 1).
const PALE: &str = r"(() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const rgba = (colour) => {
        canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => {
        const [R, G, B] = [r, g, b].map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * R + 0.7152 * G + 0.0722 * B;
    };
    const behind = (thing) => {
        for (let at = thing; at; at = at.parentElement) {
            const colour = rgba(getComputedStyle(at).backgroundColor);
            if (colour[3] === 255) return colour;
        }
        return rgba(getComputedStyle(document.documentElement).colorScheme === 'dark' ? 'black' : 'white');
    };
    const pale = new Map();
    for (const thing of document.querySelectorAll('body *')) {
        if (!thing.checkVisibility() || thing.closest('svg')) continue;
        if (![...thing.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
        const [a, b] = [light(rgba(getComputedStyle(thing).color)), light(behind(thing))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) pale.set(thing.tagName + '.' + thing.className, ratio.toFixed(2) + ' ' + thing.textContent.slice(0, 40));
    }
    return [...pale];
})()";

/// What is wider than the window and does not scroll by itself.
const WIDE: &str = r"(() => {
    const room = document.documentElement.clientWidth, wide = [];
    for (const thing of document.querySelectorAll('body *')) {
        if (!thing.checkVisibility() || thing.closest('svg, .scroll, pre')) continue;
        const box = thing.getBoundingClientRect();
        if (box.width === 0 || box.right <= room + 1 || thing.matches('.skip, .sr')) continue;
        let held = false;
        for (let at = thing.parentElement; at !== document.body; at = at.parentElement) held ||= getComputedStyle(at).overflowX !== 'visible';
        if (!held) wide.push(thing.tagName + '.' + thing.className + ' ' + Math.round(box.right));
    }
    return { page: document.documentElement.scrollWidth - room, wide: wide.slice(0, 5) };
})()";

const UNFOLD: &str = "document.querySelectorAll('details').forEach((fold) => { fold.open = true; })";

#[test]
fn at_each_width_and_in_each_colour_everything_fits_and_can_be_read() {
    let Some(mut browser) = Browser::start("at_each_width_and_in_each_colour_…") else { return };
    let (_dir, out) = intruder();
    for (width, dark) in [(1280, false), (1280, true), (400, false), (400, true)] {
        let name = format!("{width}-{}", if dark { "dark" } else { "light" });
        browser.look(width, dark);
        browser.open(Path::new(&out));
        browser.shoot(&format!("page-{name}"));
        let ground = browser.ask("getComputedStyle(document.body).backgroundColor");
        assert_eq!(ground == "rgb(20, 22, 26)", dark, "{name}: {ground}");
        for unfolded in [false, true] {
            if unfolded {
                browser.ask(UNFOLD);
            }
            assert_eq!(browser.ask(WIDE), json!({ "page": 0, "wide": [] }), "{name}, unfolded: {unfolded}");
            assert_eq!(browser.ask(PALE), json!([]), "{name}, unfolded: {unfolded}");
        }
        assert_eq!(browser.mishaps(), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn the_button_changes_colours_whatever_the_system_has() {
    let Some(mut browser) = Browser::start("the_button_changes_colours_…") else { return };
    let (_dir, out) = intruder();
    browser.look(1280, true);
    browser.open(Path::new(&out));
    let dark = browser.ask("getComputedStyle(document.body).backgroundColor");
    browser.click("#theme");
    assert_ne!(browser.ask("getComputedStyle(document.body).backgroundColor"), dark);
    assert_eq!(browser.ask("document.querySelector('#theme').textContent"), "Theme: light");
    browser.click("#theme");
    assert_eq!(browser.ask("getComputedStyle(document.body).backgroundColor"), dark);
    assert_eq!(browser.mishaps(), Vec::<String>::new());
}

#[test]
fn paper_has_no_tools_and_every_alert_unfolded() {
    let Some(mut browser) = Browser::start("paper_has_no_tools_…") else { return };
    let (_dir, out) = intruder();
    browser.look(1280, true);
    browser.open(Path::new(&out));
    browser.call("Emulation.setEmulatedMedia", json!({ "media": "print" }));
    browser.ask("dispatchEvent(new Event('beforeprint'))");
    assert!(browser.is(
        "[...document.querySelectorAll('.tools, .contents, button')].every((tool) => !tool.checkVisibility())"
    ));
    assert!(browser.is("[...document.querySelectorAll('details.alert')].every((alert) => alert.open)"));
    assert_eq!(browser.ask("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)");
    assert_eq!(browser.ask(PALE), json!([]));
    browser.shoot("paper");
    browser.ask("dispatchEvent(new Event('afterprint'))");
    assert!(browser.is("[...document.querySelectorAll('details.alert')].every((alert) => !alert.open)"));
}

#[test]
fn the_page_can_be_used_without_a_mouse_and_read_aloud() {
    let Some(mut browser) = Browser::start("the_page_can_be_used_without_a_mouse_…") else { return };
    let (_dir, out) = intruder();
    browser.look(1280, false);
    browser.open(Path::new(&out));
    has_structure(&mut browser);
    // The plot by keyboard.
    browser.ask("document.querySelector('.canvas').focus()");
    let ticks = browser.ask("document.querySelector('.axis').textContent");
    browser.call("Input.dispatchKeyEvent", json!({ "type": "keyDown", "key": "+", "text": "+" }));
    assert_ne!(browser.ask("document.querySelector('.axis').textContent"), ticks);
    browser.call("Input.dispatchKeyEvent", json!({ "type": "keyDown", "key": "0", "text": "0" }));
    assert_eq!(browser.ask("document.querySelector('.axis').textContent"), ticks);
}

#[test]
fn several_traces_are_one_page_with_places_of_their_own() {
    let Some(mut browser) = Browser::start("several_traces_are_one_page_…") else { return };
    let dir = dir();
    let out = path(&dir, "report.html");
    let traces = ["nginx-shell", "intruder", "calm"].map(|name| format!("../samples/traces/{name}.zst"));
    let done = scap(&["report", &traces[0], &traces[1], &traces[2], "-o", &out]);
    assert_eq!(done.code, 0, "{}", done.err);
    for (width, dark) in [(1280, false), (400, true)] {
        browser.look(width, dark);
        browser.open(Path::new(&out));
        has_structure(&mut browser);
        browser.shoot(&format!("several-{width}"));
        assert_eq!(browser.ask(WIDE), json!({ "page": 0, "wide": [] }), "{width}");
        assert_eq!(browser.ask(PALE), json!([]), "{width}");
    }
    // Each plot limits the timeline of its own trace.
    let hidden = "['t1', 't2'].map((of) => [...document.querySelectorAll(`#${of}-timeline tbody tr`)].filter((row) => row.style.display).length)";
    browser.click("#t2-activity [data-zoom='in']");
    let hidden = browser.ask(hidden);
    assert!(hidden[0] == 0 && hidden[1].as_u64().unwrap() > 0, "{hidden}");
    assert_eq!(browser.mishaps(), Vec::<String>::new());
}

/// Checks landmarks, headings, names of controls, ids and where links lead.
fn has_structure(browser: &mut Browser) {
    for landmark in ["header", "nav[aria-label]", "main", "footer"] {
        assert_eq!(
            browser.ask(&format!("document.querySelectorAll('body {landmark}').length")),
            1,
            "{landmark}"
        );
    }
    assert!(browser.is("[...document.querySelectorAll('main .part > section')].every((section) => section.getAttribute('aria-label'))"));
    // Headings go down a level at a time.
    let skips = browser.ask(
        "(() => { let before = 0; const skips = [];
           for (const heading of document.querySelectorAll('h1, h2, h3, h4, h5, h6')) {
             const level = Number(heading.tagName[1]);
             if (level > before + 1) skips.push(heading.textContent);
             before = level;
           } return skips; })()",
    );
    assert_eq!(skips, json!([]));
    let doubles = browser.ask(
        "(() => { const ids = [...document.querySelectorAll('[id]')].map((thing) => thing.id);
           return ids.filter((id, at) => ids.indexOf(id) !== at); })()",
    );
    assert_eq!(doubles, json!([]));
    let nowhere = browser.ask(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map((link) => link.getAttribute('href').slice(1))
           .filter((id) => !document.getElementById(id))",
    );
    assert_eq!(nowhere, json!([]), "links to nowhere");
    assert!(browser.is("[...document.querySelectorAll('button, input')].every((tool) => tool.textContent.trim() || tool.labels?.length || tool.ariaLabel)"));
}
