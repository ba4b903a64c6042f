//! What parts of a series say of themselves, in the options of their manifests.
//!
//! | option | what |
//! |---|---|
//! | `series` | the same in all parts of one recording |
//! | `part` | ordinal, from 1 |
//! | `previous` | event blocks in the part before, if this one goes on where that one ends |
//! | `state_events` | event blocks at the start of this part that only describe the machine, as its other blocks there do |
//!
//! A reader of several parts in order needs the state at the start of a part only if the part before is missing or
//! not whole: what it knows from there is more than what the part says.

use super::record::Manifest;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SeriesPart {
    /// Tells one recording from others.
    pub series: String,
    /// Ordinal, from 1.
    pub part: u64,
    /// Event blocks in the part before; `None` if this one does not go on where that one ends.
    pub previous: Option<u64>,
    /// Event blocks that describe the machine.
    pub state_events: u64,
}

impl SeriesPart {
    /// What `manifest` says; `None` if the trace is no part of a series.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Option<Self> {
        let option =
            |name: &str| manifest.options.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        let number = |name: &str| option(name)?.parse().ok();
        Some(Self {
            series: option("series")?.clone(),
            part: number("part")?,
            previous: number("previous"),
            state_events: number("state_events").unwrap_or(0),
        })
    }

    /// Says it in `manifest`.
    pub fn note(&self, manifest: &mut Manifest) {
        let mut note = |name: &str, value: String| manifest.options.push((name.to_owned(), value));
        note("series", self.series.clone());
        note("part", self.part.to_string());
        if let Some(previous) = self.previous {
            note("previous", previous.to_string());
        }
        if self.state_events > 0 {
            note("state_events", self.state_events.to_string());
        }
    }

    /// Whether this part goes on where `before` ended, of which `events` event blocks were read.
    #[must_use]
    pub fn goes_on(&self, before: &SeriesPart, events: u64) -> bool {
        self.series == before.series
            && before.part.checked_add(1) == Some(self.part)
            && self.previous == Some(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_read_back() {
        let first = SeriesPart { series: "ab".into(), part: 1, previous: None, state_events: 0 };
        let second = SeriesPart { part: 2, previous: Some(77), state_events: 3, ..first.clone() };
        for part in [&first, &second] {
            let mut manifest = Manifest::default();
            part.note(&mut manifest);
            assert_eq!(SeriesPart::of(&manifest).as_ref(), Some(part));
        }
        assert_eq!(SeriesPart::of(&Manifest::default()), None);
        assert!(second.goes_on(&first, 77) && !second.goes_on(&first, 76));
        assert!(!second.goes_on(&second, 77) && !first.goes_on(&second, 77));
    }
}
