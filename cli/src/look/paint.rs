//! Colours, on a terminal that wants them.

use scap_rules::{Color, Priority};

/// Puts colours around text, or not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    colours: bool,
}

impl Paint {
    /// For standard output, unless `never`.
    pub(crate) fn new(never: bool) -> Self {
        let wanted = matches!(crate::rules::color(&std::io::stdout()), Color::Always);
        Self { colours: wanted && !never }
    }

    /// As grave as `priority`.
    pub(crate) fn priority(self, priority: Priority, text: &str) -> String {
        self.with(
            match priority {
                Priority::Emergency | Priority::Alert | Priority::Critical => "1;31",
                Priority::Error => "31",
                Priority::Warning => "33",
                Priority::Notice => "36",
                Priority::Informational | Priority::Debug => "2",
            },
            text,
        )
    }

    /// Less important than the rest.
    pub(crate) fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    /// More important than the rest.
    pub(crate) fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.colours && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
