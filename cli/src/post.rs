//! The options of alerts that are sent, and what is said of their delivery.

use crate::exit::{Outcome, say};
use crate::units;
use anyhow::{Context, Result};
use scap_analyze::alert::Alert;
use scap_analyze::sink::{Omit, Sink};
use scap_post::{Delivery, Post, Receiver};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// How long alerts may be on their way after the end before that is said.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where alerts are sent, and how.
#[derive(clap::Args)]
pub(crate) struct PostArgs {
    /// Also send each alert to this http or https URL: a POST of its JSON object, as Falco's http_output.
    #[arg(long, value_name = "URL", help_heading = SENDING)]
    http_output: Option<String>,
    /// Send this header, too; repeat for several. `@FILE` reads them from a file, one a line, which keeps them out of the
    /// list of processes.
    #[arg(long, value_name = "NAME: VALUE", requires = "http_output", help_heading = SENDING)]
    http_header: Vec<String>,
    /// How long a request may take, from looking up the name to the answer.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = timeout, requires = "http_output", help_heading = SENDING)]
    http_timeout: Duration,
    /// How many times more to try where there is no answer, or one of 429 or 5xx.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(0..=100), requires = "http_output", help_heading = SENDING)]
    http_retries: u32,
    /// Trust the certificates in this file (PEM) instead of those that the machine trusts.
    #[arg(long, value_name = "FILE", requires = "http_output", conflicts_with = "http_insecure", help_heading = SENDING)]
    http_ca: Option<PathBuf>,
    /// Do not ask an https receiver to prove who it is.
    #[arg(long, requires = "http_output", help_heading = SENDING)]
    http_insecure: bool,
}

const SENDING: &str = "Sending";

/// A duration that is no nothing.
fn timeout(text: &str) -> Result<Duration, String> {
    let timeout = units::duration(text)?;
    if timeout.is_zero() {
        return Err("no answer comes in no time".to_owned());
    }
    Ok(timeout.min(Duration::from_secs(86_400)))
}

impl PostArgs {
    /// The receiver, if there is one.
    ///
    /// # Errors
    /// Names the option that is wrong, never a value that may be secret.
    pub(crate) fn receiver(&self) -> Result<Option<Receiver>> {
        let Some(url) = &self.http_output else { return Ok(None) };
        let mut receiver = Receiver::new(url)
            .context("--http-output")?
            .with_timeout(self.http_timeout)
            .with_retries(self.http_retries);
        for header in &self.http_header {
            for line in lines(header)? {
                receiver = receiver.with_header(&line).context("--http-header")?;
            }
        }
        if let Some(path) = &self.http_ca {
            let told = || format!("--http-ca {}", path.display());
            receiver = receiver.with_ca(&std::fs::read(path).with_context(told)?).with_context(told)?;
        }
        Ok(Some(if self.http_insecure { receiver.with_any_certificate() } else { receiver }))
    }
}

/// The headers that `header` is or, behind an `@`, names a file of.
fn lines(header: &str) -> Result<Vec<String>> {
    let Some(path) = header.strip_prefix('@') else { return Ok(vec![header.to_owned()]) };
    let text = std::fs::read_to_string(path).with_context(|| format!("--http-header @{path}"))?;
    Ok(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect())
}

/// Alerts on their way to a receiver.
pub(crate) struct Sending {
    post: Post,
    to: String,
}

impl Sending {
    /// Begins to send to `receiver`.
    ///
    /// # Errors
    /// If the machine has no thread left.
    pub(crate) fn start(receiver: Receiver, omit: Omit) -> Result<Self> {
        let to = receiver.shown().to_owned();
        Ok(Self { post: Post::start(receiver, omit)?, to })
    }

    /// Waits for what is still on its way and says what was delivered, or if `quiet` only what was not.
    pub(crate) fn end(self, quiet: bool) -> Outcome {
        let Self { post, to } = self;
        let waiting = post.waiting_after(PATIENCE);
        if waiting > 0 && !quiet {
            say(&format!("scap: {} still to be sent to {to}", units::counted(waiting as u64, "alert")));
        }
        let delivery = post.end();
        if delivery.undelivered > 0 || !quiet {
            say(&format!("scap: {}", told(&delivery, &to)));
        }
        if delivery.undelivered > 0 { Outcome::Damaged } else { Outcome::Done }
    }
}

fn told(delivery: &Delivery, to: &str) -> String {
    let sent = units::counted(delivery.sent, "alert");
    let again = match delivery.repeated {
        0 => String::new(),
        count => format!(", some of them again ({})", units::counted(count, "repeated request")),
    };
    if delivery.undelivered == 0 {
        return format!("{sent} sent to {to}{again}");
    }
    let all = units::counted(delivery.sent.saturating_add(delivery.undelivered), "alert");
    let given_up = if delivery.gave_up { "; after five in a row no more were tried" } else { "" };
    let first = delivery.first.as_deref().map(|why| format!("; the first: {why}")).unwrap_or_default();
    format!("{} of {all} not delivered to {to}{given_up}{first}", delivery.undelivered)
}

/// Alerts that are written, and sent if someone takes them.
pub(crate) struct Everywhere<'a> {
    pub(crate) written: Box<dyn Sink>,
    pub(crate) sent: Option<&'a mut Sending>,
}

impl Sink for Everywhere<'_> {
    fn alert(&mut self, alert: &Alert) -> io::Result<()> {
        if let Some(sending) = &mut self.sent {
            sending.post.alert(alert)?;
        }
        self.written.alert(alert)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.written.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_told_with_what_is_missing_first() {
        let all = Delivery { sent: 22, undelivered: 0, repeated: 0, first: None, gave_up: false };
        assert_eq!(told(&all, "http://h"), "22 alerts sent to http://h");
        let again = Delivery { repeated: 1, ..all.clone() };
        assert_eq!(
            told(&again, "http://h"),
            "22 alerts sent to http://h, some of them again (1 repeated request)"
        );
        let some = Delivery { sent: 2, undelivered: 20, gave_up: true, first: Some("no".into()), ..all };
        assert_eq!(
            told(&some, "http://h"),
            "20 of 22 alerts not delivered to http://h; after five in a row no more were tried; the first: no"
        );
    }
}
