//! Alerts sent to a receiver on this machine that takes them, refuses them, hangs, or talks nonsense.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod local;

use local::{Answer, Local};
use scap_analyze::alert::{Alert, AlertRule};
use scap_analyze::sink::{Omit, Sink};
use scap_post::{Delivery, Post, Receiver};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// An alert of event `event`, with text of `size` bytes.
fn alert(event: u64, size: usize) -> Alert {
    Alert {
        event,
        ts: 1_795_293_734_015_538_433 + event,
        rule: Arc::new(AlertRule {
            id: scap_rules::RuleId(0),
            name: "Shadow read".to_owned(),
            priority: scap_rules::Priority::Warning,
            source: "syscall".to_owned(),
            tags: vec!["T1555".to_owned()],
        }),
        hostname: "vm".into(),
        output: "x".repeat(size),
        output_fields: [("evt.num".to_owned(), event.into())].into(),
    }
}

/// A receiver that is given up on quickly.
fn hasty(url: &str) -> Receiver {
    Receiver::new(url)
        .unwrap()
        .with_timeout(Duration::from_millis(300))
        .with_pause(Duration::from_millis(1))
        .with_retries(2)
}

/// Sends `count` alerts; what came of it, and how long that took.
fn send(receiver: Receiver, count: u64) -> (Delivery, Duration) {
    let since = Instant::now();
    let mut post = Post::start(receiver, Omit::default()).unwrap();
    for event in 0..count {
        post.alert(&alert(event, 10)).unwrap();
    }
    let delivery = post.end();
    (delivery, since.elapsed())
}

fn numbers(local: &Local) -> Vec<u64> {
    let number = |body: String| {
        let alert: serde_json::Value = serde_json::from_str(&body).unwrap();
        alert["output_fields"]["evt.num"].as_u64().unwrap()
    };
    local.bodies().into_iter().map(number).collect()
}

#[test]
fn every_alert_arrives_once_in_order_on_one_connection() {
    let local = Local::start(|_| Answer::Say(200, "ok"));
    let (delivery, _) = send(hasty(&local.url), 500);
    assert_eq!(delivery, Delivery { sent: 500, undelivered: 0, repeated: 0, first: None, gave_up: false });
    assert_eq!(numbers(&local), (0..500).collect::<Vec<_>>());
    assert!(local.seen().iter().all(|request| request.connection == 0), "the connection is kept");
}

#[test]
fn a_request_is_what_falcos_consumers_expect() {
    let local = Local::start(|_| Answer::Say(204, ""));
    let url = local.url.replace("http://", "http://me:pass@") + "hook?key=1";
    let receiver = hasty(&url).with_header("X-Key: abc").unwrap();
    let (delivery, _) = send(receiver, 1);
    assert_eq!(delivery.sent, 1);
    let request = local.seen().remove(0);
    let head = request.head.to_ascii_lowercase();
    assert!(head.starts_with("post /hook?key=1 http/1.1\r\n"), "{head}");
    let agent = concat!("user-agent: scap/", env!("CARGO_PKG_VERSION"), "\r\n");
    for line in [
        "content-type: application/json\r\n",
        agent,
        "x-key: abc\r\n",
        "authorization: basic bwu6cgfzcw==\r\n",
    ] {
        assert_eq!(head.matches(line).count(), 1, "{line}: {head}");
    }
    assert_eq!(
        request.body,
        concat!(
            r#"{"hostname":"vm","output":"xxxxxxxxxx","output_fields":{"evt.num":0},"priority":"Warning","#,
            r#""rule":"Shadow read","source":"syscall","tags":["T1555"],"time":"2026-11-21T20:42:14.015538433Z"}"#
        )
    );
}

#[test]
fn a_receiver_that_cannot_take_alerts_is_given_up_on() {
    for status in [500, 503, 429] {
        let local = Local::start(move |_| Answer::Say(status, "out of order"));
        let (delivery, _) = send(hasty(&local.url), 300);
        assert_eq!((delivery.sent, delivery.undelivered, delivery.gave_up), (0, 300, true));
        assert!(delivery.first.as_ref().is_some_and(|why| why.contains("out of order")), "{delivery:?}");
        // The first alert three times, four more once each.
        assert_eq!(numbers(&local), [0, 0, 0, 1, 2, 3, 4], "{status}");
        assert_eq!(delivery.repeated, 2);
    }
}

#[test]
fn a_refused_alert_is_not_sent_again_and_the_others_are_sent() {
    let local = Local::start(|nth| Answer::Say(if nth == 3 { 413 } else { 200 }, "too large"));
    let (delivery, _) = send(hasty(&local.url), 10);
    assert_eq!((delivery.sent, delivery.undelivered, delivery.gave_up), (9, 1, false));
    assert_eq!(delivery.first.as_deref(), Some("it answered 413 Payload Too Large: too large"));
    assert_eq!(numbers(&local), (0..10).collect::<Vec<_>>());
}

#[test]
fn an_alert_is_repeated_until_the_receiver_takes_it() {
    let local = Local::start(|nth| Answer::Say(if nth % 3 == 2 { 200 } else { 429 }, ""));
    let (delivery, _) = send(hasty(&local.url), 5);
    assert_eq!((delivery.sent, delivery.undelivered, delivery.repeated), (5, 0, 10));
    assert_eq!(numbers(&local), [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
}

#[test]
fn redirects_are_told_not_followed() {
    let elsewhere = Local::start(|_| Answer::Say(200, ""));
    for status in [301, 302, 303, 307, 308] {
        let to = format!("HTTP/1.1 {status} Go\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", elsewhere.url);
        let local = Local::start(move |_| Answer::Bytes(to.clone().into()));
        let (delivery, _) = send(hasty(&local.url), 1);
        assert_eq!((delivery.sent, delivery.undelivered), (0, 1));
        assert!(delivery.first.is_some_and(|why| why.contains("redirects are not followed")), "{status}");
        assert_eq!(local.bodies().len(), 1);
    }
    assert!(elsewhere.bodies().is_empty());
}

#[test]
fn a_receiver_that_hangs_costs_a_bounded_time() {
    let silent = Local::start(|_| Answer::Hang);
    let slow =
        Local::start(|_| Answer::Drip(b"HTTP/1.1 200 OK\r\nX: ".repeat(20), Duration::from_millis(50)));
    let (_listener, deaf) = local::deaf();
    for (name, url) in [("silent", &silent.url), ("slow", &slow.url), ("deaf", &deaf)] {
        let receiver = hasty(url);
        let bound = receiver.longest_silence();
        let (delivery, took) = send(receiver, 100);
        assert_eq!((delivery.sent, delivery.undelivered, delivery.gave_up), (0, 100, true), "{name}");
        assert_eq!(delivery.first.as_deref(), Some("it did not answer within 0.3 s"), "{name}");
        // Seven attempts of 300 ms; the machine may be busy.
        assert!(took < Duration::from_secs(20) && took < bound, "{name}: {took:?}");
    }
}

#[test]
fn nobody_there_is_told() {
    let (delivery, _) = send(hasty(&local::nobody()), 20);
    assert_eq!((delivery.sent, delivery.undelivered, delivery.gave_up), (0, 20, true));
    assert!(delivery.first.as_ref().is_some_and(|why| why.contains("refused")), "{delivery:?}");
}

#[test]
fn an_answer_that_was_given_counts_even_if_its_rest_never_comes() {
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf".to_vec();
    let local = Local::start(move |_| Answer::Cut(cut.clone()));
    let (delivery, _) = send(hasty(&local.url), 10);
    assert_eq!((delivery.sent, delivery.undelivered, delivery.repeated), (10, 0, 0));
    assert_eq!(numbers(&local), (0..10).collect::<Vec<_>>());

    let endless = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".to_vec();
    let endless: Vec<u8> = [endless, vec![b'x'; 1 << 20]].concat();
    let local = Local::start(move |_| Answer::Bytes(endless.clone()));
    let (delivery, _) = send(hasty(&local.url), 10);
    assert_eq!(
        (delivery.sent, delivery.repeated),
        (10, 0),
        "what is not read of an answer closes its connection"
    );
}

#[test]
fn a_connection_closed_before_the_answer_is_tried_again() {
    for said in ["", "HTTP/1.", "HTTP/1.1 200 OK\r\nX-Y: z"] {
        let local = Local::start(move |nth| match nth {
            0 => Answer::Cut(said.into()),
            _ => Answer::Say(200, ""),
        });
        let (delivery, _) = send(hasty(&local.url), 2);
        assert_eq!((delivery.sent, delivery.repeated), (2, 1), "{said:?}");
        assert_eq!(numbers(&local), [0, 0, 1], "{said:?}");
    }
}

#[test]
fn nonsense_for_an_answer_is_told_and_not_repeated() {
    for said in [
        &b"SSH-2.0-OpenSSH_9.2\r\n\r\n"[..],
        b"HTTP/1.1 999999 \x1b[2J\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: minus one\r\n\r\n",
        b"\xff\xfe\x00\x1b]0;owned\x07\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\x1b[31m: x\r\n\r\n",
    ] {
        let local = Local::start(move |_| Answer::Cut(said.to_vec()));
        let (delivery, _) = send(hasty(&local.url), 1);
        assert_eq!((delivery.sent, delivery.undelivered), (0, 1), "{said:?}");
        let why = delivery.first.unwrap();
        assert!(why.chars().all(|c| !c.is_control()), "{why:?}");
        assert_eq!(local.bodies().len(), 1, "{said:?}: {why}");
    }
    let huge = [b"HTTP/1.1 200 OK\r\nX: ".to_vec(), vec![b'a'; 10 << 20]].concat();
    let local = Local::start(move |_| Answer::Cut(huge.clone()));
    assert_eq!(send(hasty(&local.url), 1).0.undelivered, 1);
}

#[test]
fn alerts_beyond_the_room_wait_and_arrive() {
    let local = Local::start(|_| Answer::Say(200, ""));
    let mut post =
        Post::start(hasty(&local.url).with_timeout(Duration::from_secs(60)), Omit::default()).unwrap();
    for event in 0..40 {
        post.alert(&alert(event, 1 << 20)).unwrap();
    }
    assert_eq!(post.end().sent, 40);
    assert_eq!(numbers(&local), (0..40).collect::<Vec<_>>());
}

#[test]
fn keys_that_are_left_out_are_not_sent() {
    let local = Local::start(|_| Answer::Say(200, ""));
    let omit = Omit { output: true, output_fields: true, tags: true };
    let mut post = Post::start(hasty(&local.url), omit).unwrap();
    post.alert(&alert(0, 1)).unwrap();
    assert_eq!(post.end().sent, 1);
    assert!(!local.bodies()[0].contains("output"));
}
