//! Alerts sent over TLS: to a receiver whose certificate is trusted, and not to one whose is not.
#![cfg(feature = "https")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod local;

use local::{Answer, Local, Stream};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use scap_analyze::alert::{Alert, AlertRule};
use scap_analyze::sink::{Omit, Sink};
use scap_post::{Delivery, Post, Receiver};
use std::sync::Arc;
use std::time::Duration;

const CA: &[u8] = include_bytes!("tls/ca.pem");

/// A receiver that proves to be `localhost` by a certificate of [`CA`].
fn start() -> (Local, String) {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let local = Local::start_within(
        |_| Answer::Say(200, "ok"),
        move |socket| {
            let connection = ServerConnection::new(Arc::clone(&config)).ok()?;
            Some(Box::new(StreamOwned::new(connection, socket)) as Box<dyn Stream>)
        },
    );
    let url = local.url.replace("http://", "https://");
    (local, url)
}

fn send(receiver: Receiver) -> Delivery {
    let mut post = Post::start(receiver.with_pause(Duration::from_millis(1)), Omit::default()).unwrap();
    for event in 0..3 {
        let rule = AlertRule {
            id: scap_rules::RuleId(0),
            name: "R".to_owned(),
            priority: scap_rules::Priority::Error,
            source: "syscall".to_owned(),
            tags: Vec::new(),
        };
        let (rule, output_fields) = (Arc::new(rule), [].into());
        let alert = Alert { event, ts: event, rule, hostname: "h".into(), output: "o".into(), output_fields };
        post.alert(&alert).unwrap();
    }
    post.end()
}

#[test]
fn a_trusted_certificate_lets_alerts_through_on_one_connection() {
    let (local, url) = start();
    let delivery = send(Receiver::new(&url).unwrap().with_ca(CA).unwrap());
    assert_eq!((delivery.sent, delivery.undelivered), (3, 0), "{delivery:?}");
    assert!(local.seen().iter().all(|request| request.connection == 0));
}

#[test]
fn an_unknown_certificate_stops_them_at_once() {
    let (local, url) = start();
    let delivery = send(Receiver::new(&url).unwrap());
    assert_eq!((delivery.sent, delivery.undelivered, delivery.repeated), (0, 3, 0), "{delivery:?}");
    assert!(delivery.first.is_some_and(|why| why.contains("certificate")));
    assert!(local.seen().is_empty());
}

#[test]
fn any_certificate_will_do_if_asked() {
    let (_local, url) = start();
    assert_eq!(send(Receiver::new(&url).unwrap().with_any_certificate()).sent, 3);
}

#[test]
fn plain_http_where_tls_is_spoken_is_told() {
    let (_local, url) = start();
    let plain = Receiver::new(&url.replace("https", "http")).unwrap().with_retries(0);
    assert_eq!(send(plain).undelivered, 3);
}
