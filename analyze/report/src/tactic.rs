//! The rows of the matrix of alerts: the tactics of ATT&CK, and one for alerts whose rule names none.

use scap_analyze::attack::{self, TACTICS, Tactic};

/// Every row, in order; `None` is that of the alerts without a tactic.
pub(crate) fn rows() -> impl Iterator<Item = Option<&'static Tactic>> {
    TACTICS.iter().map(Some).chain([None])
}

/// The rows of a rule with these tags, in order.
pub(crate) fn of(tags: &[String]) -> Vec<Option<&'static Tactic>> {
    let named = attack::tactics(tags);
    if named.is_empty() { vec![None] } else { named.into_iter().map(Some).collect() }
}

/// What a row is called.
pub(crate) fn name(row: Option<&Tactic>) -> &'static str {
    row.map_or("No tactic named", |tactic| tactic.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_row_of_the_matrix() {
        let rows_of = |tags: &[&str]| {
            let tags: Vec<String> = tags.iter().map(|&tag| tag.to_owned()).collect();
            of(&tags).into_iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(rows_of(&["process", "mitre_impact", "Mitre_Execution"]), ["Execution", "Impact"]);
        assert_eq!(rows_of(&["host", "mitre_unheard_of"]), ["No tactic named"]);
        assert_eq!(rows().map(name).last(), Some("No tactic named"));
    }
}
