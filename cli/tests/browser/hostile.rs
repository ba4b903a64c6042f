//! A recording of a program whose names try to take over whatever shows them: nothing of it runs, all of it is seen.

use super::chromium::Browser;
use super::common::{dir, path, scap};
use serde_json::json;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Name of the program; the kernel keeps 15 bytes of it as the process' name.
const PROGRAM: &str = "<b onclick=ran=1>\"'&\u{202e}\x1b[31m";

/// Arguments, and how each is shown.
const ARGUMENTS: &[(&[u8], &str)] = &[
    (b"<script>window.ran=2</script>", "<script>window.ran=2</script>"),
    (b"</script><script>window.ran=3</script>", "</script><script>window.ran=3</script>"),
    (b"<img src=x onerror=window.ran=4>", "<img src=x onerror=window.ran=4>"),
    (b"\"'><svg/onload=window.ran=5>", "\"'><svg/onload=window.ran=5>"),
    (b"</style><style>body{display:none}</style>", "</style><style>body{display:none}</style>"),
    (
        b"<iframe srcdoc=\"<script>parent.ran=6</script>\">",
        "<iframe srcdoc=\"<script>parent.ran=6</script>\">",
    ),
    (
        b"<meta http-equiv=refresh content=0;url=http://192.0.2.1/>",
        "<meta http-equiv=refresh content=0;url=http://192.0.2.1/>",
    ),
    (b"<!--", "<!--"),
    (b"&lt;script&gt;", "&lt;script&gt;"),
    (b"javascript:window.ran=7", "javascript:window.ran=7"),
    (b"\x1b]0;owned\x07\x1b[2J", "\\x1b]0;owned\\x07\\x1b[2J"),
    ("\u{202e}txt.exe\u{2066}\u{200f}".as_bytes(), "⟨U+202E⟩txt.exe⟨U+2066⟩⟨U+200F⟩"),
    ("שלום עולם".as_bytes(), "שלום עולם"),
    (b"broken \xff\xfe\xc3( text", "broken \\xff\\xfe\\xc3( text"),
    (b"two\r\nlines\tand a tab", "two\\r\\nlines\\tand a tab"),
];

/// Matches what the program does, and says it with hostile words of its own.
const RULES: &str = r#"
- rule: A program was run <script>window.ran=8</script>
  desc: "Somebody ran it </details><script>window.ran=9</script>"
  condition: evt.type = execve and proc.cmdline contains "window.ran=2"
  output: run (command=%proc.cmdline exe=%proc.exepath parent=%proc.pname)
  priority: CRITICAL
  tags: [mitre_execution, T1059.004, "\"><script>window.ran=10</script>"]
"#;

/// Records the program; `None`, and a line that says so, where nothing can be traced.
fn record(test: &str, folder: &Path) -> Option<String> {
    let program = folder.join(PROGRAM);
    std::fs::copy("/bin/true", &program).unwrap();
    let trace = folder.join("hostile.zst").to_str().unwrap().to_owned();
    let mut command = Command::new(env!("CARGO_BIN_EXE_scap"));
    command.args([
        "record",
        "--backend",
        "ptrace",
        "--snapshot",
        "tree",
        "-o",
        &trace,
        "--",
        "/bin/sh",
        "-c",
    ]);
    // A file of a hostile name too; `true` alone would open only libraries.
    command.arg(": > \"$0.<script>ran=11<\\script>\"; \"$0\" \"$@\"; :").arg(&program);
    command.args(ARGUMENTS.iter().map(|(argument, _)| OsStr::from_bytes(argument)));
    command.arg("A".repeat(100_000));
    let done = command.stdin(Stdio::null()).output().unwrap();
    if !done.status.success() {
        println!("skipped {test}: cannot record here: {}", String::from_utf8_lossy(&done.stderr).trim());
        return None;
    }
    Some(trace)
}

#[test]
fn nothing_in_a_hostile_trace_runs_and_nothing_is_missing() {
    const TEST: &str = "nothing_in_a_hostile_trace_runs_and_nothing_is_missing";
    let Some(mut browser) = Browser::start(TEST) else { return };
    let dir = dir();
    let Some(trace) = record(TEST, dir.path()) else { return };
    let (rules, out) = (path(&dir, "rules.yaml"), path(&dir, "<img src=x onerror=ran=12>.html"));
    std::fs::write(&rules, RULES).unwrap();
    let title = "</title><script>window.ran=13</script>";
    let done = scap(&["report", &trace, "--rules", &rules, "--title", title, "-o", &out]);
    assert_eq!(done.code, 0, "{}", done.err);
    // A browser would take some of the letters in the file's name for parts of an address.
    let plain = dir.path().join("report.html");
    std::fs::rename(&out, &plain).unwrap();

    browser.look(1280, false);
    browser.open(&plain);
    assert!(browser.is("document.documentElement.classList.contains('scripted')"), "its own script did run");
    assert_eq!(browser.ask("document.title"), title);
    browser.ask("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })");

    // All of it is seen.
    let command = browser.ask("document.querySelector('.alert .fields').innerText");
    let command = command.as_str().unwrap();
    let chain = browser.ask("document.querySelector('.alert .chain .self').innerText");
    let events = browser.ask("document.querySelector('.alert .events tr.hit').innerText");
    let tree = browser.ask("document.querySelector('#processes').innerText");
    for (name, text) in [("chain", &chain), ("events", &events), ("tree", &tree)] {
        let text = text.as_str().unwrap();
        for (_, shown) in ARGUMENTS {
            assert!(text.contains(shown), "{shown} is missing in the {name}: {text}");
        }
        assert!(text.contains("bytes more"), "{name} does not say what it cut");
    }
    assert!(command.contains("<script>window.ran=2</script>"), "{command}");
    let page = browser.ask("document.body.innerText");
    for shown in [
        "A program was run <script>window.ran=8</script>",
        "Somebody ran it </details><script>window.ran=9</script>",
        "\"><script>window.ran=10</script>",
        "<b onclick=ran=1>\"'&⟨U+202E⟩\\x1b[31m",
        ".<script>ran=11<\\script>",
    ] {
        assert!(page.as_str().unwrap().contains(shown), "{shown} is missing");
    }

    // Nothing of it became anything but text, and nothing ran, whatever was clicked.
    assert_eq!(browser.ask("document.scripts.length"), 2, "the figures and the page's script");
    for element in [
        "img",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
        "link",
        "meta[http-equiv=refresh]",
        "svg svg",
        "#main style",
        "b[onclick]",
        "[onload], [onerror], [onclick]",
    ] {
        assert_eq!(
            browser.ask(&format!("document.querySelectorAll({}).length", json!(element))),
            0,
            "{element}"
        );
    }
    browser.click("#filter");
    browser.write("<script>window.ran=14</script>");
    browser.wait_for("document.querySelector('#found').textContent !== ''");
    browser.ask("location.hash = '#<img src=x onerror=window.ran=15>'");
    browser.click("#theme");
    assert!(browser.is("window.ran === undefined"), "{}", browser.ask("window.ran"));
    assert_eq!(browser.mishaps(), Vec::<String>::new());
    browser.ask("document.querySelector('#filter').value = ''; document.querySelector('#filter').dispatchEvent(new Event('input'))");
    browser.wait_for("document.querySelectorAll('.f[hidden]').length === 0");
    browser.look(400, false);
    assert_eq!(browser.ask("document.documentElement.scrollWidth - document.documentElement.clientWidth"), 0);
    browser.shoot("hostile-400-light");
    browser.look(1280, false);
    browser.shoot("hostile-1280-light");
}
