//! What the tags of a rule say in MITRE's ATT&CK: tactics and techniques.
//!
//! Takes tags; gives the [`Tactic`]s and [`Technique`]s that they name. Falco's rules name tactics as `mitre_persistence` or by
//! their number (`TA0003`) and techniques by theirs (`T1059.004`). Numbers and names of the tactics are those of ATT&CK for
//! enterprises; of techniques only the number is known here. Knows nothing of where they are shown.

use std::collections::BTreeSet;

/// A tactic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tactic {
    /// The word that stands for it in tags, behind `mitre_`, such as `initial_access`.
    pub word: &'static str,
    /// Its number, such as `TA0001`.
    pub id: &'static str,
    /// Its name, such as `Initial Access`.
    pub name: &'static str,
}

/// Every tactic, in the order of an attack, which is that of the columns of the matrix.
pub const TACTICS: [Tactic; 14] = [
    row("reconnaissance", "TA0043", "Reconnaissance"),
    row("resource_development", "TA0042", "Resource Development"),
    row("initial_access", "TA0001", "Initial Access"),
    row("execution", "TA0002", "Execution"),
    row("persistence", "TA0003", "Persistence"),
    row("privilege_escalation", "TA0004", "Privilege Escalation"),
    row("defense_evasion", "TA0005", "Defense Evasion"),
    row("credential_access", "TA0006", "Credential Access"),
    row("discovery", "TA0007", "Discovery"),
    row("lateral_movement", "TA0008", "Lateral Movement"),
    row("collection", "TA0009", "Collection"),
    row("command_and_control", "TA0011", "Command and Control"),
    row("exfiltration", "TA0010", "Exfiltration"),
    row("impact", "TA0040", "Impact"),
];

const fn row(word: &'static str, id: &'static str, name: &'static str) -> Tactic {
    Tactic { word, id, name }
}

/// What stands before a tactic's word.
const PREFIX: &str = "mitre_";

/// The tactic that `tag` names, by its word in any case or by its number.
#[must_use]
pub fn tactic(tag: &str) -> Option<&'static Tactic> {
    let word = tag.split_at_checked(PREFIX.len()).filter(|(prefix, _)| prefix.eq_ignore_ascii_case(PREFIX));
    TACTICS
        .iter()
        .find(|one| tag == one.id || word.is_some_and(|(_, word)| word.eq_ignore_ascii_case(one.word)))
}

/// The tactics that `tags` name, each once, in the order of an attack.
#[must_use]
pub fn tactics(tags: &[String]) -> Vec<&'static Tactic> {
    let named: BTreeSet<&Tactic> = tags.iter().filter_map(|tag| tactic(tag)).collect();
    TACTICS.iter().filter(|one| named.contains(one)).collect()
}

/// A technique, perhaps as finely as one of its kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Technique<'t> {
    /// Its number, such as `T1059`.
    pub id: &'t str,
    /// The whole number of its kind, such as `T1059.004`.
    pub sub: Option<&'t str>,
}

impl<'t> Technique<'t> {
    /// Its number, as finely as it is known: `T1059.004`, or `T1059`.
    #[must_use]
    pub fn number(&self) -> &'t str {
        self.sub.unwrap_or(self.id)
    }

    /// The page that describes it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://attack.mitre.org/techniques/{}/", self.number().replace('.', "/"))
    }
}

/// The technique that `tag` is the number of, such as `T1059` or `T1059.004`.
#[must_use]
pub fn technique(tag: &str) -> Option<Technique<'_>> {
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    let (main, kind) = tag.split_once('.').map_or((tag, None), |(main, kind)| (main, Some(kind)));
    let known = digits(main.strip_prefix('T')?, 4) && kind.is_none_or(|kind| digits(kind, 3));
    known.then(|| Technique { id: main, sub: kind.map(|_| tag) })
}

/// The techniques that `tags` name, each once, sorted.
#[must_use]
pub fn techniques(tags: &[String]) -> Vec<Technique<'_>> {
    let found: BTreeSet<Technique<'_>> = tags.iter().filter_map(|tag| technique(tag)).collect();
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tactics_are_named_by_word_in_any_case_and_by_number() {
        let names = |tag| tactic(tag).map(|tactic| tactic.name);
        for tag in ["mitre_initial_access", "MITRE_Initial_Access", "TA0001"] {
            assert_eq!(names(tag), Some("Initial Access"), "{tag}");
        }
        for tag in ["initial_access", "mitre_", "mitre_attack", "ta0001", "TA0099", "mitré_x", "T1059", ""] {
            assert_eq!(names(tag), None, "{tag}");
        }
    }

    #[test]
    fn tactics_of_tags_stand_once_each_in_the_order_of_an_attack() {
        let tags = ["TA0011", "host", "mitre_execution", "TA0002", "T1059"].map(str::to_owned);
        assert_eq!(tactics(&tags).iter().map(|t| t.id).collect::<Vec<_>>(), ["TA0002", "TA0011"]);
    }

    #[test]
    fn techniques_are_told_from_other_tags() {
        assert_eq!(technique("T1059").map(|t| t.number()), Some("T1059"));
        assert_eq!(technique("T1059.004").map(|t| t.number()), Some("T1059.004"));
        for tag in
            ["T10590", "T105", "T1059.", "T1059.4", "T1059.04", "T1059.x", "TLS", "TA0002", "t1059", "T", ""]
        {
            assert_eq!(technique(tag), None, "{tag}");
        }
    }

    #[test]
    fn techniques_of_tags_stand_once_each() {
        let tags = ["T1059.004", "TA0011", "T1059", "T1059.4", "T1059.004"].map(str::to_owned);
        let found = techniques(&tags);
        assert_eq!(
            found,
            [Technique { id: "T1059", sub: None }, Technique { id: "T1059", sub: Some("T1059.004") }]
        );
        assert_eq!(found[1].url(), "https://attack.mitre.org/techniques/T1059/004/");
    }

    #[test]
    fn every_tactic_that_the_built_in_rules_name_is_known() {
        let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/../rules/sets");
        let mut seen = 0;
        for file in std::fs::read_dir(rules).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            for (at, _) in text.match_indices(PREFIX) {
                let word: String =
                    text[at..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                assert!(tactic(&word).is_some(), "{word}");
                seen += 1;
            }
        }
        assert!(seen > 100);
    }
}
