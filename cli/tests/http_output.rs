//! `scap analyze --http-output`: every alert once and in order, and a bounded end where nobody takes them.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;
#[path = "../../analyze/post/tests/local/mod.rs"]
mod local;

use common::{dir, path, scap};
use local::{Answer, Local};
use std::time::{Duration, Instant};

const INTRUDER: &str = "../samples/traces/intruder.zst";

/// Alerts of the sample.
const COUNT: usize = 22;

#[test]
fn the_receiver_gets_what_is_written_once_and_in_order() {
    let local = Local::start(|_| Answer::Say(200, ""));
    let dir = dir();
    let written = path(&dir, "alerts.jsonl");
    let args = ["analyze", INTRUDER, "--format", "json", "-o", &written, "--http-output", &local.url];
    let done = scap(&args);
    assert_eq!(done.code, 0, "{}", done.err);
    let written = std::fs::read_to_string(&written).unwrap();
    assert_eq!(local.bodies(), written.lines().collect::<Vec<_>>());
    assert_eq!(local.bodies().len(), COUNT);
    let said = format!("scap: 22 alerts sent to {}\n", local.url.trim_end_matches('/'));
    assert!(done.err.contains(&said), "{}", done.err);
}

#[test]
fn text_is_written_while_json_is_sent_and_quiet_says_nothing() {
    let local = Local::start(|_| Answer::Say(200, ""));
    let done =
        scap(&["analyze", INTRUDER, INTRUDER, "-q", "--http-output", &local.url, "--json-omit", "tags"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert_eq!(done.out.lines().count(), 2 * COUNT);
    assert_eq!(local.bodies().len(), 2 * COUNT);
    for (line, body) in done.out.lines().zip(local.bodies()) {
        assert!(body.starts_with('{') && !body.contains(r#""tags""#), "{body}");
        assert!(body.contains(line.split_once(' ').unwrap().0), "{line} is not {body}");
    }
}

#[test]
fn a_receiver_that_answers_500_is_counted_and_exits_2() {
    let local = Local::start(|_| Answer::Say(500, "\x1b[31mno\u{202e}"));
    let done = scap(&["analyze", INTRUDER, "-q", "--http-output", &local.url, "--http-retries", "1"]);
    assert_eq!(done.code, 2);
    assert_eq!(done.out.lines().count(), COUNT, "the output has them all");
    let place = local.url.trim_end_matches('/');
    let said = format!(
        "scap: 22 of 22 alerts not delivered to {place}; after five in a row no more were tried; the first: it answered \
         500 Internal Server Error: \\u{{1b}}[31mno\\u{{202e}}\n"
    );
    assert_eq!(done.err, said);
    assert_eq!(local.bodies().len(), 6);
}

#[test]
fn a_receiver_that_hangs_costs_a_bounded_time() {
    let local = Local::start(|nth| if nth < 3 { Answer::Say(200, "") } else { Answer::Hang });
    let since = Instant::now();
    let args = ["analyze", INTRUDER, "--http-output", &local.url, "--http-retries", "0"];
    let done = scap(&[&args[..], &["--http-timeout", "100ms"]].concat());
    assert_eq!(done.code, 2);
    assert!(done.err.contains("scap: 19 of 22 alerts not delivered to http://127.0.0.1:"), "{}", done.err);
    assert!(done.err.contains("the first: it did not answer within 0.1 s"), "{}", done.err);
    assert!(since.elapsed() < Duration::from_secs(60), "{:?}", since.elapsed());
}

#[test]
fn an_undelivered_alert_weighs_more_than_a_finding() {
    let args = ["analyze", INTRUDER, "-q", "--fail-on", "notice", "--http-retries", "0"];
    let to = |url: &str| scap(&[&args[..], &["--http-output", url]].concat());
    let local = Local::start(|_| Answer::Say(200, ""));
    assert_eq!(to(&local.url).code, 1);
    let local = Local::start(|nth| Answer::Say(if nth == 0 { 400 } else { 200 }, ""));
    let done = to(&local.url);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("1 of 22 alerts not delivered"), "{}", done.err);
}

#[test]
fn mistakes_are_told_before_anything_is_read_or_written_and_without_secrets() {
    let dir = dir();
    let out = path(&dir, "alerts.jsonl");
    let headers = path(&dir, "headers");
    std::fs::write(&headers, "X-A: 1\n\nsecret\n").unwrap();
    let from_file = format!("@{headers}");
    let url = "http://me:secret@localhost:1/secret";
    for (args, told) in [
        (&["--http-output", "localhost:2801/secret"][..], "--http-output: a URL begins with http://"),
        (&["--http-output", "http://me:secret@host:port/"], "--http-output: "),
        (&["--http-output", url, "--http-header", "secret"], "--http-header: a header is `Name: value`"),
        (&["--http-output", url, "--http-header", "Host: secret"], "--http-header: header host is set by"),
        (&["--http-output", url, "--http-header", &from_file], "--http-header: a header is `Name: value`"),
        (&["--http-output", url, "--http-header", "@/nowhere"], "--http-header @/nowhere: No such file"),
        (&["--http-output", url, "--http-ca", &headers], "there is no certificate in it"),
        (&["--http-output", url, "--http-timeout", "0s"], "no answer comes in no time"),
        (&["--http-insecure"], "--http-output <URL>"),
        (&["--http-header", "X: y"], "--http-output <URL>"),
    ] {
        let done = scap(&[&["analyze", INTRUDER, "-o", &out][..], args].concat());
        assert_eq!(done.code, 2, "{args:?}: {}", done.err);
        assert!(done.err.contains(told), "{args:?}: {}", done.err);
        assert!(!done.err.contains("secret"), "{args:?}: {}", done.err);
        assert!(done.out.is_empty() && !std::path::Path::new(&out).exists(), "{args:?}");
    }
}

#[test]
fn headers_come_from_a_file_too() {
    let local = Local::start(|_| Answer::Say(200, ""));
    let dir = dir();
    let headers = path(&dir, "headers");
    std::fs::write(&headers, "Authorization: Bearer abc\nX-B: 2\n").unwrap();
    let from_file = format!("@{headers}");
    let args = ["analyze", INTRUDER, "-q", "--http-output", &local.url];
    let done =
        scap(&[&args[..], &["--http-header", &from_file, "--http-header", "User-Agent: mine"]].concat());
    assert_eq!(done.code, 0, "{}", done.err);
    let head = local.seen()[0].head.to_ascii_lowercase();
    for line in ["authorization: bearer abc\r\n", "x-b: 2\r\n", "user-agent: mine\r\n"] {
        assert!(head.contains(line), "{head}");
    }
}

#[test]
fn what_was_found_before_the_output_broke_is_sent_and_the_rest_is_told() {
    let local = Local::start(|_| Answer::Say(200, ""));
    let done = scap(&["analyze", INTRUDER, "-q", "-o", "/dev/full", "--http-output", &local.url]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("cannot write the alerts to /dev/full: No space left"), "{}", done.err);
    assert!(done.err.contains("were not sent either"), "{}", done.err);
    assert!(!local.bodies().is_empty());
}
