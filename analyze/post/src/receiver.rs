//! Where alerts are sent: URL, headers, timeouts and trusted certificates, all checked when they are told.
//!
//! Neither [`Receiver::shown`] nor any [`Mistake`] holds what may be secret in a URL (user, password, path, query) or the value
//! of a header.

use std::time::Duration;

use ureq::http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Uri};

/// What is wrong with a receiver as it was described.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Mistake {
    /// Neither http nor https in front.
    #[error("a URL begins with http:// or https://, this one does not")]
    Scheme,
    /// This build cannot speak TLS.
    #[error("this scap was built without https: build it with the feature `https`, or send by http")]
    NoHttps,
    /// Not the form of a URL.
    #[error("that is no URL: {0}")]
    Form(String),
    /// The URL names no host.
    #[error("the URL names no host")]
    NoHost,
    /// A port that there cannot be.
    #[error("the URL's port is no number from 1 to 65535")]
    Port,
    /// A header without a colon.
    #[error("a header is `Name: value`, this one has no colon")]
    NoColon,
    /// A name that HTTP does not allow.
    #[error("{0:?} cannot be the name of a header")]
    HeaderName(String),
    /// A value that HTTP does not allow.
    #[error("the value of header {0} holds line ends or other control characters")]
    HeaderValue(String),
    /// A header that follows from what is sent.
    #[error("header {0} is set by the sending itself")]
    Reserved(String),
    /// A file of certificates without any.
    #[error("there is no certificate in it (PEM)")]
    NoCertificate,
}

/// Headers that no one else may set, because they tell where a request ends and whom it is for.
const RESERVED: [HeaderName; 4] = [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, HOST];

/// A place that takes alerts.
#[derive(Debug, Clone)]
pub struct Receiver {
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) timeout: Duration,
    pub(crate) retries: u32,
    pub(crate) pause: Duration,
    #[cfg(feature = "https")]
    pub(crate) trust: Trust,
    shown: String,
}

/// Whose certificates are believed.
#[cfg(feature = "https")]
#[derive(Debug, Clone)]
pub(crate) enum Trust {
    /// Those that the machine trusts.
    Machine,
    /// These, and no others.
    These(Vec<ureq::tls::Certificate<'static>>),
    /// Any.
    Anyone,
}

impl Receiver {
    /// The receiver at `url`; user and password in it become a header of basic authentication. Five seconds for a
    /// request, three more attempts for one that fails, a pause of half a second before the first of them.
    ///
    /// # Errors
    /// If it is no URL that alerts can be sent to.
    pub fn new(url: &str) -> Result<Self, Mistake> {
        let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
        if !lower.starts_with("http://") && lower != "https://" {
            return Err(Mistake::Scheme);
        }
        if lower == "https://" && !cfg!(feature = "https") {
            return Err(Mistake::NoHttps);
        }
        let form = |error: ureq::http::uri::InvalidUri| Mistake::Form(error.to_string());
        let uri: Uri = url.parse().map_err(form)?;
        let authority = uri.authority().ok_or(Mistake::NoHost)?;
        let host = authority.host();
        if host.is_empty() || host == "[]" {
            return Err(Mistake::NoHost);
        }
        let place = authority.as_str().rsplit('@').next().unwrap_or_default();
        if place.len() > host.len() && authority.port_u16().is_none_or(|port| port == 0) {
            return Err(Mistake::Port);
        }
        let shown = format!("{}://{place}", uri.scheme_str().unwrap_or("http"));
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(Self {
            uri,
            headers,
            timeout: Duration::from_secs(5),
            retries: 3,
            pause: Duration::from_millis(500),
            #[cfg(feature = "https")]
            trust: Trust::Machine,
            shown,
        })
    }

    /// Sends `line` (`Name: value`) with every request, in place of what would stand there otherwise.
    ///
    /// # Errors
    /// If it is no header, or one that the sending itself sets.
    pub fn with_header(mut self, line: &str) -> Result<Self, Mistake> {
        let (name, value) = line.split_once(':').ok_or(Mistake::NoColon)?;
        let name = name.trim();
        let known: HeaderName = name.parse().map_err(|_| Mistake::HeaderName(name.to_owned()))?;
        if RESERVED.contains(&known) {
            return Err(Mistake::Reserved(known.to_string()));
        }
        let mut value =
            HeaderValue::from_str(value.trim()).map_err(|_| Mistake::HeaderValue(known.to_string()))?;
        value.set_sensitive(true);
        self.headers.insert(known, value);
        Ok(self)
    }

    /// Gives a request `timeout` from looking up the name to the answer.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Tries a request that fails `retries` times more.
    #[must_use]
    pub fn with_retries(self, retries: u32) -> Self {
        Self { retries, ..self }
    }

    /// Waits `pause` before a second attempt, twice as long before the next, and so on.
    #[must_use]
    pub fn with_pause(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// Trusts the certificates in `pem` and no others.
    ///
    /// # Errors
    /// If there are none in it.
    #[cfg(feature = "https")]
    pub fn with_ca(mut self, pem: &[u8]) -> Result<Self, Mistake> {
        let certificates: Vec<_> = ureq::tls::parse_pem(pem)
            .filter_map(|item| match item {
                Ok(ureq::tls::PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect();
        if certificates.is_empty() {
            return Err(Mistake::NoCertificate);
        }
        self.trust = Trust::These(certificates);
        Ok(self)
    }

    /// Trusts the certificates in `pem` and no others.
    ///
    /// # Errors
    /// Always: this build cannot speak TLS.
    #[cfg(not(feature = "https"))]
    pub fn with_ca(self, _pem: &[u8]) -> Result<Self, Mistake> {
        Err(Mistake::NoHttps)
    }

    /// Asks the receiver for no proof of who it is.
    #[must_use]
    pub fn with_any_certificate(self) -> Self {
        Self {
            #[cfg(feature = "https")]
            trust: Trust::Anyone,
            ..self
        }
    }

    /// Scheme, host and port, for messages.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// How long a receiver that never answers can hold up an analysis, at most.
    #[must_use]
    pub fn longest_silence(&self) -> Duration {
        let attempts = self.retries.saturating_add(crate::sender::MOST_IN_A_ROW);
        (self.timeout + crate::sender::LONGEST_PAUSE).saturating_mul(attempts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistaken_url_is_told_without_its_secrets() {
        for (url, told) in [
            ("", "begins with http://"),
            ("localhost:2801", "begins with http://"),
            ("ftp://me:secret@host/", "begins with http://"),
            ("http://", "no URL"),
            ("http:///secret", "no URL"),
            ("http://:2801/secret", "no host"),
            ("http://me:secret@/", "no URL"),
            ("http://host:99999/secret", "port"),
            ("http://host:0/secret", "port"),
            ("http://host:/secret", "port"),
            ("http://host:2801secret/", "port"),
            ("http://ho st/secret", "no URL"),
            ("http://host/se\ncret", "no URL"),
            ("http://[::1/secret", "no URL"),
        ] {
            let mistake = Receiver::new(url).map(|r| r.shown().to_owned()).expect_err(url).to_string();
            assert!(mistake.contains(told), "{url}: {mistake}");
            assert!(!mistake.contains("secret"), "{url}: {mistake}");
        }
    }

    #[test]
    fn what_is_shown_of_a_url_is_its_place() {
        for (url, shown) in [
            ("http://me:secret@host:2801/hook/secret?key=secret", "http://host:2801"),
            ("HTTP://host", "http://host"),
            ("http://[::1]:80/", "http://[::1]:80"),
        ] {
            assert_eq!(Receiver::new(url).expect(url).shown(), shown);
        }
    }

    #[test]
    fn a_mistaken_header_is_told_without_its_value() {
        let receiver = Receiver::new("http://host/").expect("a URL");
        for (line, told) in [
            ("secret", "no colon"),
            (": secret", "name of a header"),
            ("a b: secret", "name of a header"),
            ("X-Key: sec\nret: secret", "control characters"),
            ("Content-Length: 7secret", "set by the sending"),
            ("host: secret", "set by the sending"),
        ] {
            let mistake = receiver.clone().with_header(line).expect_err(line).to_string();
            assert!(mistake.contains(told) && !mistake.contains("secret"), "{line}: {mistake}");
        }
        let receiver = receiver.with_header("Authorization: Bearer secret").expect("a header");
        assert!(!format!("{receiver:?}").contains("secret"));
    }

    #[cfg(feature = "https")]
    #[test]
    fn certificates_are_read_and_their_absence_is_told() {
        let receiver = Receiver::new("https://host/").expect("a URL");
        assert!(matches!(receiver.with_ca(b"no certificate"), Err(Mistake::NoCertificate)));
    }

    #[cfg(not(feature = "https"))]
    #[test]
    fn without_the_feature_https_is_refused() {
        assert!(matches!(Receiver::new("https://host/"), Err(Mistake::NoHttps)));
    }
}
