//! What the tags of a rule say in MITRE's ATT&CK: tactics and techniques.
//!
//! Falco's rules name tactics as `mitre_persistence` or by their number (`TA0003`) and techniques by theirs (`T1059.004`). Numbers and
//! names of the tactics are those of ATT&CK for enterprises; of techniques only the number is known here.

use std::collections::BTreeSet;

/// A tactic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tactic {
    /// Its number, such as `TA0003`.
    pub id: &'static str,
    /// Its name, such as `Persistence`.
    pub name: &'static str,
}

/// A technique, perhaps as finely as one of its kinds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Technique<'t> {
    /// Its number, such as `T1059`.
    pub id: &'t str,
    /// The whole number of its kind, such as `T1059.004`.
    pub sub: Option<&'t str>,
}

impl Technique<'_> {
    /// The page that describes it.
    #[must_use]
    pub fn url(&self) -> String {
        let path = self.sub.unwrap_or(self.id).replace('.', "/");
        format!("https://attack.mitre.org/techniques/{path}/")
    }
}

/// Word of the tag, number, name.
const TACTICS: [(&str, &str, &str); 14] = [
    ("reconnaissance", "TA0043", "Reconnaissance"),
    ("resource_development", "TA0042", "Resource Development"),
    ("initial_access", "TA0001", "Initial Access"),
    ("execution", "TA0002", "Execution"),
    ("persistence", "TA0003", "Persistence"),
    ("privilege_escalation", "TA0004", "Privilege Escalation"),
    ("defense_evasion", "TA0005", "Defense Evasion"),
    ("credential_access", "TA0006", "Credential Access"),
    ("discovery", "TA0007", "Discovery"),
    ("lateral_movement", "TA0008", "Lateral Movement"),
    ("collection", "TA0009", "Collection"),
    ("command_and_control", "TA0011", "Command and Control"),
    ("exfiltration", "TA0010", "Exfiltration"),
    ("impact", "TA0040", "Impact"),
];

/// The tactics that `tags` name, each once, in the order of an attack.
#[must_use]
pub fn tactics(tags: &[String]) -> Vec<Tactic> {
    let named = |word: &str, id: &str| {
        tags.iter().any(|tag| tag == id || tag.strip_prefix("mitre_").is_some_and(|rest| rest == word))
    };
    let found = TACTICS.iter().filter(|(word, id, _)| named(word, id));
    found.map(|&(_, id, name)| Tactic { id, name }).collect()
}

/// The techniques that `tags` name, each once, sorted.
#[must_use]
pub fn techniques(tags: &[String]) -> Vec<Technique<'_>> {
    let found: BTreeSet<Technique<'_>> = tags.iter().filter_map(|tag| technique(tag)).collect();
    found.into_iter().collect()
}

/// `T1059` or `T1059.004`.
fn technique(tag: &str) -> Option<Technique<'_>> {
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    let (main, kind) = tag.split_once('.').map_or((tag, None), |(main, kind)| (main, Some(kind)));
    let known = digits(main.strip_prefix('T')?, 4) && kind.is_none_or(|kind| digits(kind, 3));
    known.then(|| Technique { id: main, sub: kind.map(|_| tag) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_name_tactics_by_word_and_number_and_techniques_by_number() {
        let tags = [
            "T1059.004",
            "TA0011",
            "host",
            "mitre_execution",
            "TA0002",
            "T1059",
            "T10590",
            "T1059.4",
            "T1059.004",
        ];
        let tags = tags.map(str::to_owned);
        assert_eq!(tactics(&tags).iter().map(|t| t.id).collect::<Vec<_>>(), ["TA0002", "TA0011"]);
        let found = techniques(&tags);
        assert_eq!(
            found,
            [Technique { id: "T1059", sub: None }, Technique { id: "T1059", sub: Some("T1059.004") }]
        );
        assert_eq!(found[1].url(), "https://attack.mitre.org/techniques/T1059/004/");
    }

    #[test]
    fn every_tactic_that_the_built_in_rules_name_is_known() {
        let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules/sets");
        let mut seen = 0;
        for file in std::fs::read_dir(rules).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            for (at, _) in text.match_indices("mitre_") {
                let word: String =
                    text[at..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                assert_eq!(tactics(std::slice::from_ref(&word)).len(), 1, "{word}");
                seen += 1;
            }
        }
        assert!(seen > 100);
    }
}
