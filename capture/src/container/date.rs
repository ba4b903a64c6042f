//! Times of day as runtimes write them.
//!
//! Takes RFC 3339 (`2026-11-22T00:18:35.98+01:00`), gives seconds since the epoch.

/// Seconds since the epoch; 0 for what is no time.
pub(super) fn seconds(text: &str) -> i64 {
    parse(text).unwrap_or(0)
}

fn parse(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 24 || minute > 60 || second > 60 {
        return None;
    }
    let zone = text.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let east = match zone.split_at_checked(1) {
        Some(("Z" | "z", "")) => 0,
        None if zone.is_empty() => 0,
        Some((sign @ ("+" | "-"), rest)) => {
            let minutes = rest.get(..2)?.parse::<i64>().ok()? * 60 + rest.get(3..5)?.parse::<i64>().ok()?;
            if sign == "-" { -minutes } else { minutes }
        }
        _ => return None,
    };
    Some(days(year, month, day) * 86_400 + hour * 3600 + (minute - east) * 60 + second)
}

/// Days since the epoch, counted in years that begin in March, so that the leap day comes last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let of_year = (month * 153 + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_of_every_zone_are_read_and_nonsense_is_not() {
        assert_eq!(seconds("1970-01-01T00:00:00Z"), 0);
        assert_eq!(seconds("2026-11-22T00:18:35.984842536Z"), 1_795_306_715);
        assert_eq!(seconds("2024-02-29T12:00:00+01:30"), 1_709_202_600);
        assert_eq!(seconds("2000-03-01T00:00:00-05:00"), 951_886_800);
        for odd in
            ["", "x", "2026-13-01T00:00:00Z", "2026-11-22", "2026-11-22T00:18:35.9é", "2026-11-22T00:18:35+é"]
        {
            assert_eq!(seconds(odd), 0, "{odd}");
        }
    }
}
