//! Alerts line by line against those that a case expects.
//!
//! Of JSON the keys and values count, not their order, and not the host name: Falco's is that of the machine that
//! analyzes.

use super::verdict::Remark;
use anyhow::{Result, bail};
use serde_json::Value as Json;

/// Whether all of `expected` is in `got`, in order. Of two expected lines that differ only in their figures the first
/// may be missing: it is then the alert of the enter event of the same call.
pub(super) fn compare(expected: &str, got: &str) -> Result<Option<Remark>> {
    let expected: Vec<String> = expected.lines().map(canonical).collect();
    let mut rest = got.lines().map(canonical);
    let mut entered = 0;
    let mut lines = expected.iter().peekable();
    let mut ours = rest.next();
    while let Some(line) = lines.next() {
        if ours.as_ref() == Some(line) {
            ours = rest.next();
            continue;
        }
        match lines.peek() {
            Some(exit) if ours.as_ref() == Some(exit) && without_figures(exit) == without_figures(line) => {
                entered += 1;
            }
            _ => bail!("output lacks {line:?}"),
        }
    }
    if let Some(more) = ours {
        bail!("nothing expects {more:?}");
    }
    match entered {
        0 => Ok(None),
        n if 2 * n == expected.len() => {
            Ok(Some(Remark::enter_events(format!("{n} of {} expected alerts", expected.len()))))
        }
        n => bail!("{n} of {} alerts are missing, which is not one per call", expected.len()),
    }
}

/// A line so that equal alerts are equal text.
fn canonical(line: &str) -> String {
    match serde_json::from_str::<Json>(line) {
        Ok(Json::Object(mut alert)) => {
            alert.remove("hostname");
            Json::Object(alert).to_string()
        }
        _ => line.to_owned(),
    }
}

fn without_figures(line: &str) -> String {
    line.chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enter_alert_may_be_missing_if_its_exit_is_there() {
        assert!(compare("1: a\n2: a\n", "2: a\n").unwrap().is_some());
        assert!(compare("1: a\n2: a\n", "1: a\n2: a\n").unwrap().is_none());
        assert!(compare("1: b\n2: a\n", "2: a\n").is_err());
        assert!(compare("1: a\n2: a\n", "3: a\n").is_err());
        assert!(compare("1: a\n", "1: a\n2: b\n").is_err());
    }

    #[test]
    fn of_json_the_order_of_keys_does_not_count() {
        let theirs = r#"{"hostname":"x","rule":"r","time":"2"}"#;
        assert!(compare(theirs, r#"{"time":"2", "rule":"r","hostname":"y"}"#).unwrap().is_none());
        assert!(compare(theirs, r#"{"time":"3","rule":"r"}"#).is_err());
    }
}
