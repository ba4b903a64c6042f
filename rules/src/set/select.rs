//! Which rules of a set are active.

use crate::rule::{Priority, Rule};

/// A choice of rules. By default those that the files enable.
///
/// Naming rules or tags turns on what the files turn off, as Falco's `-t` does.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// If not empty, only rules with one of these tags.
    pub tags: Vec<String>,
    /// No rule with one of these tags.
    pub exclude_tags: Vec<String>,
    /// If not empty, only rules whose name matches one of these patterns, in which `*` stands for anything.
    pub only_rules: Vec<String>,
    /// No rule whose name matches one of these patterns.
    pub exclude_rules: Vec<String>,
    /// No rule less grave than this.
    pub min_priority: Option<Priority>,
}

impl Selection {
    /// Whether `rule` is chosen.
    #[must_use]
    pub fn includes(&self, rule: &Rule) -> bool {
        let tagged = |tags: &[String]| tags.iter().any(|tag| rule.tags.contains(tag));
        let named = |patterns: &[String]| patterns.iter().any(|pattern| name_matches(pattern, &rule.name));
        let asked_for = !self.tags.is_empty() || !self.only_rules.is_empty();
        (rule.enabled || asked_for)
            && (self.tags.is_empty() || tagged(&self.tags))
            && (self.only_rules.is_empty() || named(&self.only_rules))
            && !tagged(&self.exclude_tags)
            && !named(&self.exclude_rules)
            && self.min_priority.is_none_or(|least| rule.priority <= least)
    }
}

/// Whether `name` matches `pattern`, in which only `*` is special.
#[must_use]
pub fn name_matches(pattern: &str, name: &str) -> bool {
    let escaped: Vec<u8> = pattern
        .bytes()
        .flat_map(|b| if matches!(b, b'?' | b'[' | b'\\') { vec![b'\\', b] } else { vec![b] })
        .collect();
    crate::eval::glob::matches(&escaped, name.as_bytes(), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_star_is_special_in_names() {
        assert!(name_matches("Read*", "Read [x] file?"));
        assert!(name_matches("Read [x] file?", "Read [x] file?"));
        assert!(!name_matches("Read [x] file?", "Read x file!"));
        assert!(!name_matches("read*", "Read"));
    }
}
