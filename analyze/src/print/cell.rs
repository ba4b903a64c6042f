//! Cells of comma-separated values that no spreadsheet takes for a formula.
//!
//! A text that begins with `=`, `+`, `-`, `@`, a tab, a carriage return or a line feed gets a `'` in front, which spreadsheets show as the text it
//! is. A text that begins with `'` gets one more, so that taking one away from every text that begins with one gives back what was recorded. Numbers are
//! never touched.

use std::borrow::Cow;

/// `text` without its power.
#[must_use]
pub fn defused(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\'']) {
        return Cow::Owned(format!("'{text}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_are_text() {
        for text in ["=1+1", "+cmd|' /C calc'!A0", "-rf", "@SUM(A1)", "\t=1", "\r=1", "\n=1"] {
            assert_eq!(defused(text.into()), format!("'{text}"));
        }
        assert_eq!(defused("a=1".into()), "a=1");
    }

    proptest! {
        #[test]
        fn the_text_can_be_had_back(text in "['=+@a-]{0,4}.*") {
            let cell = defused(text.as_str().into());
            prop_assert_eq!(cell.strip_prefix('\'').unwrap_or(&cell), text.as_str());
        }
    }
}
