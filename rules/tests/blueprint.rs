//! Rules as written and their variants agree with the rules as loaded.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Event, Scheme, text};
use scap_rules::{Expr, Loader, Matching, RuleId, Variant};

const RULES: &str = r#"
- list: inner
  items: [cat, "two words"]
- list: readers
  items: [inner, head]
- macro: started
  condition: (evt.type = execve)
- macro: reader
  condition: started and proc.name in (readers)
- rule: A
  desc: d
  condition: reader and not fd.name startswith /etc
  output: o
  priority: INFO
  exceptions:
    - name: none
      fields: [proc.name]
    - name: by_parent
      fields: [proc.name, proc.pname]
      values: [[cat, sh], [cat, bash]]
    - name: by_name
      fields: proc.name
      values: [head]
- rule: B
  desc: d
  condition: started or fd.num > 3
  output: o
  priority: INFO
"#;

#[test]
fn what_is_written_spells_out_to_what_is_loaded() {
    let scheme = Scheme::standard();
    let (report, rules, blueprint) = Loader::new(&scheme).file("r.yaml", RULES).load_with_blueprint();
    assert!(report.is_ok());
    for rule in rules.rules() {
        let plan = blueprint.rule(rule.id).unwrap();
        assert_eq!(
            blueprint.spell_out(&plan.condition, &|_| None).as_ref(),
            Some(&rule.condition),
            "{}",
            rule.name
        );
    }
    let plan = blueprint.rule(RuleId(0)).unwrap();
    let names: Vec<&str> = plan.exceptions.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["by_parent", "by_name"]);
    let Expr::And(children) = &plan.condition else { panic!("an `and`") };
    assert!(children[children.len() - 2..].iter().all(|child| matches!(child, Expr::Not(_))));
    assert_eq!(children[children.len() - 1].to_string(), "not proc.name in (head)");
}

#[test]
fn a_literal_of_a_list_stands_where_the_list_is_named() {
    let scheme = Scheme::standard();
    let (_, _, blueprint) = Loader::new(&scheme).file("r.yaml", RULES).load_with_blueprint();
    let mut lists = Vec::new();
    blueprint.macros()["reader"].condition.for_each_check(&mut |check| {
        if let scap_rules::Right::List(literals) = &check.right {
            lists.extend(
                literals
                    .iter()
                    .map(|l| (l.text().into_owned(), blueprint.list_at(l.place).map(str::to_owned))),
            );
        }
    });
    let readers = Some("readers".to_owned());
    assert_eq!(
        lists,
        [("cat".into(), readers.clone()), ("two words".into(), readers.clone()), ("head".into(), readers)]
    );
    let (item, place) = &blueprint.lists()["inner"].items[1];
    let at = blueprint.locate(*place).unwrap();
    assert_eq!((item.as_str(), at.line), ("two words", 3));
}

#[test]
fn variants_match_by_their_own_conditions() {
    let scheme = Scheme::standard();
    let (_, rules, _) = Loader::new(&scheme).file("r.yaml", RULES).load_with_blueprint();
    let variant = |of, condition: &str, same_events| Variant {
        of: RuleId(of),
        condition: Expr::parse(condition).unwrap(),
        same_events,
    };
    let variants = [
        variant(0, "proc.name = cat", true),
        variant(0, "proc.name = cat", false),
        variant(0, "proc.nonsense = 1", false),
        variant(1, "proc.name != cat", false),
        variant(9, "proc.name = cat", false),
    ];
    let (set, compiled) = rules.variants(&variants, &scheme);
    assert_eq!(compiled, [true, true, false, true, false]);
    let open =
        Event::new(0).with(&scheme, "evt.type", &[text("open")]).with(&scheme, "proc.name", &[text("cat")]);
    let mut scratch = set.scratch();
    assert_eq!(
        set.evaluate(&mut scratch, &open, Matching::All),
        [RuleId(1)],
        "rule A is asked about execve only"
    );
    let execve =
        Event::new(2).with(&scheme, "evt.type", &[text("execve")]).with(&scheme, "proc.name", &[text("cat")]);
    assert_eq!(set.evaluate(&mut scratch, &execve, Matching::All), [RuleId(0), RuleId(1)]);
}
