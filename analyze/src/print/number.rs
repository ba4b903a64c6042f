//! Counts and sizes for people.

/// `1234567` as `1,234,567`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 event`, `2,000 events`, `2 processes`.
#[must_use]
pub fn counted(number: u64, what: &str) -> String {
    format!("{} {}", grouped(number), noun(number, what))
}

/// What `number` of `what` are called: `event` for one, otherwise `events`, `processes`.
#[must_use]
pub fn noun(number: u64, what: &str) -> String {
    let plural = match what {
        _ if number == 1 => "",
        word if word.ends_with("ss") || word.ends_with("ch") => "es",
        _ => "s",
    };
    format!("{what}{plural}")
}

/// `1023 B`, `1.5 MiB`.
#[must_use]
pub fn shown_bytes(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    #[allow(clippy::cast_precision_loss, reason = "one digit behind the point is shown")]
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_follow_their_number() {
        assert_eq!(counted(1, "process"), "1 process");
        assert_eq!(counted(2_000, "process"), "2,000 processes");
        assert_eq!(counted(0, "stretch"), "0 stretches");
        assert_eq!(counted(1_234_567, "event"), "1,234,567 events");
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
