//! Durations and sizes as people write them.

use scap_analyze::print::noun;
pub(crate) use scap_analyze::print::shown_bytes;
use std::time::Duration;

/// `250ms`, `30s`, `5m`, `1h`, `2d`.
///
/// # Errors
/// What was expected instead.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let scales = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0), ("d", 86400.0)];
    let (number, unit) = split(text);
    let scale = scales.iter().find(|(name, _)| *name == unit).map(|(_, scale)| scale);
    match (number.parse::<f64>(), scale) {
        (Ok(number), Some(scale)) if number >= 0.0 => {
            Duration::try_from_secs_f64(number * scale).map_err(|_| "too long".to_owned())
        }
        _ => Err("expected a time such as 250ms, 30s, 5m or 1h".into()),
    }
}

/// `4096`, `64KiB`, `500MiB`, `1GiB`; `K`, `M`, `G` mean the same.
///
/// # Errors
/// What was expected instead.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let (number, unit) = split(text);
    let shift = match unit {
        "" | "B" => 0,
        "K" | "KiB" => 10,
        "M" | "MiB" => 20,
        "G" | "GiB" => 30,
        "T" | "TiB" => 40,
        _ => return Err("expected a size such as 4096, 64KiB, 500MiB or 1GiB".into()),
    };
    let number: u64 =
        number.parse().map_err(|_| "expected a size such as 4096, 64KiB, 500MiB or 1GiB".to_owned())?;
    number.checked_mul(1 << shift).ok_or_else(|| "too large".into())
}

fn split(text: &str) -> (&str, &str) {
    let at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    (text[..at].trim(), text[at..].trim())
}

/// `1 frame`, `2 frames`.
pub(crate) fn counted(count: u64, what: &str) -> String {
    format!("{count} {}", noun(count, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_read_with_their_units() {
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("1.5h"), Ok(Duration::from_secs(5400)));
        assert!(duration("30").is_err() && duration("-1s").is_err() && duration("s").is_err());
        assert_eq!(bytes("64KiB"), Ok(65536));
        assert!(bytes("1.5M").is_err() && bytes("99999999T").is_err() && bytes("3 apples").is_err());
    }

    #[test]
    fn sizes_are_shown_in_the_largest_fitting_unit() {
        assert_eq!(shown_bytes(1023), "1023 B");
        assert_eq!(shown_bytes(1536), "1.5 KiB");
        assert_eq!(shown_bytes(3 << 30), "3.0 GiB");
    }
}
