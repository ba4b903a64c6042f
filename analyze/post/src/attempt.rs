//! One request, and what came of it.

use std::io::{Read, Write};
use std::time::Duration;

use scap_analyze::sink::TerminalSafe;
use ureq::http::header::RETRY_AFTER;
use ureq::http::{HeaderMap, Method, Request, StatusCode};
use ureq::{Agent, Body};

use crate::receiver::Receiver;

/// Most bytes of an answer that are read, so that its connection can be used again.
const ANSWER: u64 = 64 << 10;

/// How long the body of an answer may take: it says nothing that is needed.
const ANSWER_TIME: Duration = Duration::from_millis(300);

/// Most characters of an answer that are told.
const TOLD: usize = 200;

/// What came of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The receiver took it.
    Delivered,
    /// The receiver answered that it does not want it, or it cannot be sent at all: not to be repeated.
    Refused(String),
    /// No answer, or "not now": to be repeated, after as long as the receiver asks for.
    Again { why: String, after: Option<Duration> },
}

/// What sends requests to `receiver` and keeps the connection.
pub(crate) fn agent(receiver: &Receiver) -> Agent {
    let config = Agent::config_builder()
        .user_agent(concat!("scap/", env!("CARGO_PKG_VERSION")))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .timeout_global(Some(receiver.timeout))
        .timeout_recv_body(Some(ANSWER_TIME));
    #[cfg(feature = "https")]
    let config = match receiver.uri.scheme_str() {
        Some("https") => config.tls_config(tls(&receiver.trust)),
        _ => config,
    };
    config.build().new_agent()
}

#[cfg(feature = "https")]
fn tls(trust: &crate::receiver::Trust) -> ureq::tls::TlsConfig {
    use crate::receiver::Trust;
    use std::sync::Arc;
    use ureq::tls::{Certificate, RootCerts, TlsConfig};

    let roots = match trust {
        // Those that cannot be read are missing, and the first https receiver that needs them says so.
        Trust::Machine => {
            let found = rustls_native_certs::load_native_certs().certs;
            found.iter().map(|one| Certificate::from_der(one).to_owned()).collect()
        }
        Trust::These(certificates) => certificates.clone(),
        Trust::Anyone => Vec::new(),
    };
    TlsConfig::builder()
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .disable_verification(matches!(trust, Trust::Anyone))
        .root_certs(RootCerts::from(roots))
        .build()
}

/// Sends `alert` once.
pub(crate) fn attempt(agent: &Agent, receiver: &Receiver, alert: &[u8]) -> Verdict {
    let mut request = Request::new(alert);
    *request.method_mut() = Method::POST;
    request.uri_mut().clone_from(&receiver.uri);
    request.headers_mut().clone_from(&receiver.headers);
    match agent.run(request) {
        Ok(mut answer) => {
            let said = said(answer.body_mut());
            judged(answer.status(), answer.headers(), &said)
        }
        Err(error) => failed(error, receiver.timeout),
    }
}

/// Beginning of the body of an answer, which was read as far as is allowed.
fn said(body: &mut Body) -> Vec<u8> {
    let mut said = Vec::new();
    // The status was the answer; whatever becomes of the rest does not change it.
    let _ = body.as_reader().take(ANSWER).read_to_end(&mut said);
    said
}

/// What an answer means.
fn judged(status: StatusCode, headers: &HeaderMap, said: &[u8]) -> Verdict {
    if status.is_success() {
        return Verdict::Delivered;
    }
    let told = in_words(said);
    let told = if told.is_empty() { String::new() } else { format!(": {told}") };
    if status.is_redirection() {
        return Verdict::Refused(format!("it answered {status}, and redirects are not followed{told}"));
    }
    let why = format!("it answered {status}{told}");
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        let after = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        return Verdict::Again { why, after: after.map(Duration::from_secs) };
    }
    Verdict::Refused(why)
}

/// What it means that there is no answer.
fn failed(error: ureq::Error, timeout: Duration) -> Verdict {
    let again = |why: String| Verdict::Again { why, after: None };
    match error {
        ureq::Error::Timeout(_) => again(format!("it did not answer within {} s", timeout.as_secs_f64())),
        ureq::Error::HostNotFound => again("its name is not known".to_owned()),
        ureq::Error::ConnectionFailed => again("no connection".to_owned()),
        // Certificates do not become better by asking again; rustls tells of them through `Io`.
        ureq::Error::Io(error) if error.get_ref().is_some_and(is_of_tls) => {
            Verdict::Refused(in_words(error.to_string().as_bytes()))
        }
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            again("it closed the connection without an answer".to_owned())
        }
        ureq::Error::Io(error) => again(in_words(error.to_string().as_bytes())),
        // It answered something that is not HTTP, or what was to be sent is not.
        other => Verdict::Refused(in_words(other.to_string().as_bytes())),
    }
}

#[cfg(feature = "https")]
fn is_of_tls(error: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    error.is::<rustls::Error>()
}

#[cfg(not(feature = "https"))]
fn is_of_tls(_: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    false
}

/// `bytes` of somebody else as one short line that is safe anywhere.
fn in_words(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = line.chars().take(TOLD).collect();
    if short.len() < line.len() {
        short.push('…');
    }
    let mut safe = Vec::new();
    // Writing to a vector cannot fail.
    let _ = TerminalSafe::new(&mut safe).write_all(short.as_bytes());
    String::from_utf8_lossy(&safe).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(status: u16, said: &[u8]) -> Verdict {
        judged(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), said)
    }

    #[test]
    fn only_answers_that_ask_for_it_are_repeated() {
        for status in [200, 201, 202, 204] {
            assert_eq!(verdict(status, b""), Verdict::Delivered);
        }
        for status in [301, 302, 307, 400, 401, 403, 404, 408, 413] {
            assert!(matches!(verdict(status, b""), Verdict::Refused(_)), "{status}");
        }
        for status in [429, 500, 502, 503, 599] {
            assert!(matches!(verdict(status, b""), Verdict::Again { .. }), "{status}");
        }
    }

    #[test]
    fn a_hostile_answer_is_told_harmlessly_and_briefly() {
        let said = "\x1b]0;owned\x07\r\nline \u{202e}two\0".repeat(1000);
        let Verdict::Refused(why) = verdict(400, said.as_bytes()) else { panic!("not refused") };
        assert!(
            why.starts_with("it answered 400 Bad Request: \\u{1b}]0;owned\\u{7} line \\u{202e}two"),
            "{why}"
        );
        assert!(why.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{why}");
        assert!(why.len() < 8 * TOLD, "{}", why.len());
    }

    #[test]
    fn a_receiver_may_say_when_to_come_again() {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, "7".parse().unwrap());
        let Verdict::Again { after, .. } = judged(StatusCode::TOO_MANY_REQUESTS, &headers, b"") else {
            panic!("not again")
        };
        assert_eq!(after, Some(Duration::from_secs(7)));
    }
}
