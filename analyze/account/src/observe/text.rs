//! Names, paths and command lines, each kept once and all of them within a budget.
//!
//! Hot path: a text that is known costs one look into a hash map.

use hashbrown::HashMap;
use scap_state::Bytes;

/// See the module.
#[derive(Debug)]
pub(super) struct Texts {
    /// Each text, and whether it is the path of a file that was made or changed in the trace.
    known: HashMap<Bytes, bool>,
    /// Bytes that may still be kept.
    left: u64,
}

impl Texts {
    pub(super) fn new(budget: u64) -> Self {
        Self { known: HashMap::default(), left: budget }
    }

    /// `text`, shared with all that are the same; `None` if there is no room for it.
    pub(super) fn keep(&mut self, text: &[u8]) -> Option<Bytes> {
        match self.known.get_key_value(text) {
            Some((kept, _)) => Some(kept.clone()),
            None => self.add(Bytes::from(text)),
        }
    }

    /// The same of a text that is shared already.
    pub(super) fn share(&mut self, text: &Bytes) -> Option<Bytes> {
        match self.known.get_key_value(&**text) {
            Some((kept, _)) => Some(kept.clone()),
            None => self.add(text.clone()),
        }
    }

    fn add(&mut self, text: Bytes) -> Option<Bytes> {
        // What a map and an allocation add to a text.
        const OVERHEAD: u64 = 48;
        self.left = self.left.checked_sub(text.len() as u64 + OVERHEAD)?;
        self.known.insert(text.clone(), false);
        Some(text)
    }

    /// Notes that the file at `path` was made or changed.
    pub(super) fn changed(&mut self, path: &[u8]) {
        if let Some(changed) = self.known.get_mut(path) {
            *changed = true;
        }
    }

    /// Whether the file at `path` was made or changed.
    pub(super) fn was_changed(&self, path: &[u8]) -> bool {
        self.known.get(path).copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_text_is_kept_once_and_not_beyond_the_budget() {
        let mut texts = Texts::new(120);
        let one = texts.keep(b"/etc/passwd").unwrap();
        assert!(Arc::ptr_eq(&one, &texts.keep(b"/etc/passwd").unwrap()));
        assert!(Arc::ptr_eq(&one, &texts.share(&Bytes::from(&b"/etc/passwd"[..])).unwrap()));
        assert!(texts.keep(b"/etc/group").is_some());
        assert_eq!(texts.keep(b"/etc/hosts"), None);
        texts.changed(b"/etc/group");
        assert!(texts.was_changed(b"/etc/group") && !texts.was_changed(b"/etc/passwd"));
    }
}
