//! ATT&CK tactics and techniques in the tags of rules.
//!
//! Takes tags as Falco's rules and the built-in ones have them (`mitre_credential_access`, `T1555.003`); gives tactics
//! in the order of the matrix. Knows the names of the tactics only; techniques are numbers.

/// Tag, and the name people know. In the order of the matrix for enterprises.
const TACTICS: [(&str, &str); 14] = [
    ("mitre_reconnaissance", "Reconnaissance"),
    ("mitre_resource_development", "Resource Development"),
    ("mitre_initial_access", "Initial Access"),
    ("mitre_execution", "Execution"),
    ("mitre_persistence", "Persistence"),
    ("mitre_privilege_escalation", "Privilege Escalation"),
    ("mitre_defense_evasion", "Defense Evasion"),
    ("mitre_credential_access", "Credential Access"),
    ("mitre_discovery", "Discovery"),
    ("mitre_lateral_movement", "Lateral Movement"),
    ("mitre_collection", "Collection"),
    ("mitre_command_and_control", "Command and Control"),
    ("mitre_exfiltration", "Exfiltration"),
    ("mitre_impact", "Impact"),
];

/// Column of the alerts without a tactic.
pub(crate) const NONE: usize = TACTICS.len();

/// Columns in all.
pub(crate) const COUNT: usize = TACTICS.len() + 1;

/// Name of column `at`.
pub(crate) fn name(at: usize) -> &'static str {
    TACTICS.get(at).map_or("No tactic named", |(_, name)| name)
}

/// Columns of a rule with these tags, in order; [`NONE`] alone without any.
pub(crate) fn of(tags: &[String]) -> Vec<usize> {
    let tagged = |tag: &str| tags.iter().any(|given| given.eq_ignore_ascii_case(tag));
    let found: Vec<usize> =
        TACTICS.iter().enumerate().filter(|(_, (tag, _))| tagged(tag)).map(|(at, _)| at).collect();
    if found.is_empty() { vec![NONE] } else { found }
}

/// The techniques among `tags`: `T1059`, `T1059.004`.
pub(crate) fn techniques(tags: &[String]) -> impl Iterator<Item = &str> {
    tags.iter().map(String::as_str).filter(|tag| is_technique(tag))
}

fn is_technique(tag: &str) -> bool {
    let Some(number) = tag.strip_prefix('T') else { return false };
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    match number.split_once('.') {
        Some((technique, part)) => digits(technique, 4) && digits(part, 3),
        None => digits(number, 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(tags: &[&str]) -> Vec<String> {
        tags.iter().map(|&tag| tag.to_owned()).collect()
    }

    #[test]
    fn tactics_stand_in_the_order_of_the_matrix() {
        let found = of(&tags(&["process", "mitre_impact", "mitre_execution"]));
        assert_eq!(found.iter().map(|&at| name(at)).collect::<Vec<_>>(), ["Execution", "Impact"]);
        assert_eq!(of(&tags(&["host"])), [NONE]);
    }

    #[test]
    fn techniques_are_told_from_other_tags() {
        let all = tags(&["T1059.004", "T1070", "TLS", "T105", "T1059.04", "mitre_impact"]);
        assert_eq!(techniques(&all).collect::<Vec<_>>(), ["T1059.004", "T1070"]);
    }
}
