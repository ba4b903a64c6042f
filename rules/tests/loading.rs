//! Rule files: what they define, how later ones change earlier ones, and what is said about mistakes.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Event, Scheme, text};
use scap_rules::{Code, Color, LoadReport, Loader, Matching, Priority, RuleSet, Selection};

fn load(files: &[&str]) -> (LoadReport, RuleSet) {
    let scheme = Scheme::standard();
    let mut loader = Loader::new(&scheme);
    for (i, text) in files.iter().enumerate() {
        loader = loader.file(format!("{}.yaml", i + 1), *text);
    }
    loader.load()
}

fn load_ok(files: &[&str]) -> RuleSet {
    let (report, rules) = load(files);
    assert!(report.is_ok(), "{}", report.render(Color::Never));
    rules
}

/// A rule with the given condition and, indented, more keys.
fn rule(name: &str, condition: &str, more: &str) -> String {
    format!(
        "- rule: {name}\n  desc: d\n  condition: {condition}\n  output: o %proc.name\n  priority: warning\n{more}"
    )
}

fn condition(rules: &RuleSet, name: &str) -> String {
    rules.rules().iter().find(|rule| rule.name == name).unwrap().condition.to_string()
}

/// Codes of all problems with their lines.
fn problems(report: &LoadReport) -> Vec<(Code, usize)> {
    let all = report.files.iter().flat_map(|file| &file.problems);
    all.map(|p| (p.code, p.location.as_ref().map_or(0, |at| at.line))).collect()
}

#[test]
fn lists_and_macros_are_spelled_out() {
    let rules = load_ok(&[&format!(
        "- list: a\n  items: [x, 'y z']\n- list: b\n  items: [a, w]\n- macro: m\n  condition: proc.name in (b, v)\n{}",
        rule("r", "evt.type = open and not m", "")
    )]);
    assert_eq!(condition(&rules, "r"), "evt.type = open and not proc.name in (x, \"y z\", w, v)");
}

#[test]
fn later_definitions_override_and_appends_extend() {
    let first = format!(
        "- list: l\n  items: [a]\n- macro: m\n  condition: proc.name in (l)\n{}",
        rule("r", "evt.type = open and m", "  tags: [one]\n")
    );
    let second = "- list: l\n  append: true\n  items: [b]\n- macro: m\n  append: true\n  condition: or fd.name = x\n\
                  - rule: r\n  append: true\n  condition: and fd.num > 0\n";
    let rules = load_ok(&[&first, second]);
    assert_eq!(
        condition(&rules, "r"),
        "evt.type = open and (proc.name in (a, b) or fd.name = x) and fd.num > 0"
    );
    let third = "- macro: m\n  condition: proc.name = z\n";
    assert_eq!(
        condition(&load_ok(&[&first, second, third]), "r"),
        "evt.type = open and proc.name = z and fd.num > 0"
    );
}

#[test]
fn override_appends_to_and_replaces_single_keys() {
    let rules = load_ok(&[
        &rule("r", "evt.type = open", "  tags: [one]\n"),
        "- rule: r\n  condition: and fd.num > 0\n  output: and %fd.name\n  tags: [two]\n  priority: error\n\
         \x20 enabled: false\n  override: {condition: append, output: append, tags: append, priority: replace, \
         enabled: replace}\n",
    ]);
    let rule = &rules.rules()[0];
    assert_eq!(rule.condition.to_string(), "evt.type = open and fd.num > 0");
    assert_eq!(rule.output_text, "o %proc.name and %fd.name");
    assert_eq!(rule.tags.iter().map(String::as_str).collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!((rule.priority, rule.enabled), (Priority::Error, false));
    assert_eq!(rules.active().count(), 0);
}

#[test]
fn exceptions_become_part_of_the_condition() {
    let rules = load_ok(&[
        &rule(
            "r",
            "evt.type = open",
            "  exceptions:\n\
             \x20   - name: pairs\n      fields: [proc.name, fd.name]\n      comps: [=, startswith]\n\
             \x20     values:\n        - [a, /x]\n        - ['b c', /y]\n\
             \x20   - name: single\n      fields: proc.pname\n      values: [p, q]\n\
             \x20   - name: listed\n      fields: [proc.name, fd.name]\n      comps: [in, pmatch]\n\
             \x20     values: [[[a, b], [/etc, /usr]]]\n\
             \x20   - name: unused\n      fields: [user.name]\n",
        ),
        "- rule: r\n  exceptions:\n    - name: single\n      values: [z]\n    - name: unused\n      values: [[root]]\n\
         \x20 override: {exceptions: append}\n",
    ]);
    assert_eq!(
        condition(&rules, "r"),
        "evt.type = open \
         and not ((proc.name = a and fd.name startswith /x) or (proc.name = \"b c\" and fd.name startswith /y)) \
         and not proc.pname in (p, q, z) \
         and not (proc.name in (a, b) and fd.name pmatch (/etc, /usr)) \
         and not user.name = root"
    );
    assert_eq!(rules.rules()[0].exceptions, ["pairs", "single", "listed", "unused"]);
}

#[test]
fn enabled_alone_turns_a_rule_on_or_off() {
    let (report, rules) = load(&[&rule("r", "evt.type = open", ""), "- rule: r\n  enabled: false\n"]);
    assert_eq!(problems(&report), [(Code::DeprecatedItem, 2)]);
    assert_eq!(rules.active().count(), 0);
    let named = Selection { only_rules: vec!["r*".into()], ..Selection::default() };
    assert_eq!(rules.select(&named).active().count(), 1);
}

#[test]
fn rules_keep_the_place_of_their_first_definition() {
    let scheme = Scheme::standard();
    let file = format!("{}{}", rule("a", "evt.type = open", ""), rule("b", "evt.type = open", ""));
    let rules = load_ok(&[&file, &rule("a", "evt.type = open and fd.num >= 0 or evt.type = open", "")]);
    let event = Event::new(0).with(&scheme, "evt.type", &[text("open")]);
    let mut scratch = rules.scratch();
    let all: Vec<u32> = rules.evaluate(&mut scratch, &event, Matching::All).iter().map(|id| id.0).collect();
    assert_eq!(all, [0, 1]);
    assert_eq!(rules.evaluate(&mut scratch, &event, Matching::First).len(), 1);
    assert_eq!(rules.rules()[0].name, "a");
    assert_eq!(rules.rules()[0].location.as_ref().unwrap().file, "2.yaml");
}

#[test]
fn selections_go_by_name_tag_and_priority() {
    let rules = load_ok(&[&format!(
        "{}{}",
        rule("Read x", "evt.type = open", "  tags: [fs, calm]\n"),
        rule("Write y", "evt.type = open", "  tags: [fs]\n  enabled: false\n").replace("warning", "debug"),
    )]);
    let names = |selection: &Selection| -> Vec<String> {
        rules.select(selection).active().map(|rule| rule.name.clone()).collect()
    };
    let none = Selection::default;
    assert_eq!(names(&none()), ["Read x"]);
    assert_eq!(names(&Selection { tags: vec!["fs".into()], ..none() }), ["Read x", "Write y"]);
    assert_eq!(
        names(&Selection { tags: vec!["fs".into()], exclude_tags: vec!["calm".into()], ..none() }),
        ["Write y"]
    );
    assert_eq!(names(&Selection { only_rules: vec!["*y".into()], ..none() }), ["Write y"]);
    assert_eq!(names(&Selection { exclude_rules: vec!["Read*".into()], ..none() }), [""; 0]);
    assert_eq!(
        names(&Selection { tags: vec!["fs".into()], min_priority: Some(Priority::Warning), ..none() }),
        ["Read x"]
    );
}

#[test]
fn rules_of_other_event_sources_are_skipped_with_a_warning() {
    let (report, rules) = load(&[&rule("r", "ka.verb = create", "  source: k8s_audit\n")]);
    assert!(report.is_ok());
    assert_eq!(problems(&report), [(Code::UnknownSource, 1)]);
    assert_eq!(rules.rules().len(), 0);
}

#[test]
fn ten_mistakes_are_found_in_one_run_each_at_its_place() {
    let file = "\
- macro: opened
  condition: evt.type = open
- rule: no such field
  desc: d
  condition: opened and proc.nmae = x
  output: o
  priority: warning
- rule: no such macro
  desc: d
  condition: >
    evt.type = open and
    opend
  output: o
  priority: warning
- rule: bad operator
  desc: d
  condition: opened and proc.name containss x
  output: o
  priority: warning
- rule: bad type
  desc: d
  condition: opened and fd.num contains 3
  output: o
  priority: warning
- rule: bad literal
  desc: d
  condition: |
    opened
    and fd.sip = 10.0.0
  output: o
  priority: warning
- rule: bad output
  desc: d
  condition: opened
  output: name %proc.nme
  priority: warning
- rule: bad priority
  desc: d
  condition: opened
  output: o
  priority: warnin
- rule: no output
  desc: d
  condition: opened
  priority: warning
- rule: no such rule
  append: true
  condition: and fd.num = 1
- rule: bad exception
  desc: d
  condition: opened
  output: o
  priority: warning
  exceptions:
    - name: e
      fields: [proc.name, fd.name]
      comps: [=]
      values: [[a, b]]
- rule: no such event
  desc: d
  condition: evt.type in (open, opne)
  output: o
  priority: warning
";
    let (report, rules) = load(&[file]);
    let mut found: Vec<(Code, usize, usize, Option<&str>)> = report
        .errors()
        .map(|p| {
            let at = p.location.as_ref().unwrap();
            (p.code, at.line, at.column, p.suggestion.as_deref())
        })
        .collect();
    found.sort_by_key(|&(_, line, ..)| line);
    let expected = [
        (Code::ErrCompileCondition, 5, 25, Some("proc.name")),
        (Code::ErrValidate, 12, 5, Some("opened")),
        (Code::ErrCompileCondition, 17, 35, None),
        (Code::ErrCompileCondition, 22, 25, None),
        (Code::ErrCompileCondition, 29, 18, None),
        (Code::ErrCompileOutput, 35, 17, Some("proc.name")),
        (Code::ErrYamlValidate, 41, 13, Some("warning")),
        (Code::ErrYamlValidate, 42, 3, None),
        (Code::ErrValidate, 46, 3, None),
        (Code::ErrValidate, 55, 7, None),
        (Code::ErrCompileCondition, 61, 33, Some("open")),
    ];
    assert_eq!(found, expected, "{}", report.render(Color::Never));
    assert_eq!(rules.rules().len(), 0);
    let text = report.render(Color::Never);
    assert!(text.contains(
        "  --> 1.yaml:5:25\n  |\n5 |   condition: opened and proc.nmae = x\n  |                         ^\n"
    ));
    assert!(text.contains("did you mean `proc.name`?"));
    assert!(!text.contains('\x1b') && report.render(Color::Always).contains('\x1b'));
}

#[test]
fn ten_mistakes_of_one_file_are_all_named_in_one_run() {
    let text = include_str!("fixtures/ten_mistakes.yaml");
    let scheme = Scheme::standard();
    let (report, _) = Loader::new(&scheme).file("ten_mistakes.yaml", text).load();
    let mut wrong: Vec<String> = Vec::new();
    for problem in report.errors() {
        let at = problem.location.as_ref().unwrap();
        let found = text.lines().nth(at.line - 1).unwrap().get(at.column - 1..).unwrap();
        let word: String = found.chars().take_while(|c| !c.is_whitespace()).collect();
        wrong.push(format!("{} {word} {}", at.line, problem.suggestion.as_deref().unwrap_or("-")));
        let caret = format!("{}^", " ".repeat(at.column - 1));
        let quoted = format!("--> ten_mistakes.yaml:{}:{}\n", at.line, at.column);
        let rendered = report.render(Color::Never);
        assert!(rendered.contains(&quoted) && rendered.contains(&caret), "{rendered}");
    }
    wrong.sort();
    let expected = [
        "11 proc.nmae proc.name",
        "17 openend opened",
        "23 o -",
        "29 three -",
        "35 conect) connect",
        "41 \"/etc/(passwd\" -",
        "48 user.nam\" user.name",
        "55 WARNNG warning",
        "63 name: -",
        "75 rule: 10 a change of a rule that does not exist",
    ];
    assert_eq!(wrong, expected, "{}", report.render(Color::Never));
}

#[test]
fn a_mistake_is_reported_for_the_file_that_changed_the_item_last() {
    let base = format!("- macro: m\n  condition: evt.type = open\n{}", rule("r", "m", ""));
    for change in [
        "- macro: m\n  append: true\n  condition: foo\n",
        "- macro: m\n  condition: or fd.nmae = 1\n  override: {condition: append}\n",
        "- rule: r\n  append: true\n  condition: and no_such_macro\n",
        "- rule: r\n  output: '%no.such'\n  override: {output: replace}\n",
        "- macro: m\n  condition: foo\n",
    ] {
        let (report, _) = load(&[&base, change, "- list: other\n  items: []\n"]);
        let valid: Vec<bool> = report.files.iter().map(|file| file.is_ok()).collect();
        assert_eq!(valid, [true, false, true], "{change}: {}", report.render(Color::Never));
    }
}

#[test]
fn a_file_uses_macros_of_its_own_and_of_earlier_files_only() {
    let uses = rule("r", "evt.type = open and m", "");
    let defines = "- macro: m\n  condition: proc.name = x\n";
    assert_eq!(load_ok(&[&format!("{uses}{defines}")]).rules().len(), 1);
    assert_eq!(load_ok(&[defines, &uses]).rules().len(), 1);
    let (report, rules) = load(&[&uses, defines]);
    assert_eq!(rules.rules().len(), 0);
    assert!(!report.files[0].is_ok() && report.files[1].is_ok(), "{}", report.render(Color::Never));
    assert_eq!(report.errors().map(|p| p.code).collect::<Vec<_>>(), [Code::ErrValidate]);
    // A rule that is changed once the macro is there may use it.
    let base = rule("r", "evt.type = open", "");
    let change = "- rule: r\n  append: true\n  condition: and m\n";
    assert_eq!(condition(&load_ok(&[&base, defines, change]), "r"), "evt.type = open and proc.name = x");
}

#[test]
fn a_macro_that_refers_to_itself_is_named_with_the_way() {
    let (report, _) = load(&[
        "- macro: a\n  condition: proc.name = x\n- macro: b\n  condition: a\n- macro: a\n  condition: b\n",
    ]);
    let errors: Vec<_> = report.errors().collect();
    assert_eq!(errors.len(), 1, "{}", report.render(Color::Never));
    assert_eq!(errors[0].message, "macro `a` refers to itself by way of `b`");
    assert_eq!(errors[0].context.last().unwrap().item_type, "macro condition");
    assert!(errors[0].context.iter().any(|frame| frame.item_type == "macro" && frame.item_name == "a"));
}

#[test]
fn a_mistake_in_a_macro_is_reported_once_where_it_stands() {
    let file = format!(
        "- macro: m\n  condition: fd.nmae = x\n{}{}",
        rule("a", "evt.type = open and m", ""),
        rule("b", "evt.type = open and m", "")
    );
    let (report, _) = load(&[&file]);
    assert_eq!(problems(&report), [(Code::ErrCompileCondition, 2)]);
}

#[test]
fn warnings_name_what_is_strange() {
    let file = format!(
        "- macro: unused\n  condition: evt.type = open\n- list: unused list\n  items: [a]\n  itmes: []\n- thing: x\n{}",
        rule(
            "r",
            "evt.type = open and evt.dir = < and proc.name = proc.pname and fd.name regex x",
            "  skip-if-unknown-filter: true\n  exeptions: []\n"
        )
    );
    let (report, rules) = load(&[&file]);
    assert!(report.is_ok(), "{}", report.render(Color::Never));
    let codes: Vec<Code> = report.warnings().map(|p| p.code).collect();
    for code in [
        Code::UnusedMacro,
        Code::UnusedList,
        Code::InvalidListName,
        Code::UnknownKey,
        Code::UnknownItem,
        Code::DeprecatedItem,
        Code::CompileCondition,
    ] {
        assert!(codes.contains(&code), "{code:?} in {codes:?}");
    }
    assert_eq!(rules.rules().len(), 1);
    let unknown = rule("u", "evt.type = open and no.such.field = 1", "  skip-if-unknown-filter: true\n");
    let (report, rules) = load(&[&unknown]);
    assert_eq!((problems(&report), rules.rules().len()), (vec![(Code::UnknownFilter, 3)], 0));
    let any = rule("any", "proc.name = x", "");
    assert_eq!(problems(&load(&[&any]).0), [(Code::NoEvttype, 1)]);
    assert_eq!(problems(&load(&[&format!("{any}  warn_evttypes: false\n")]).0), []);
}

#[test]
fn files_that_are_no_rules_files_say_so() {
    for (text, code) in [
        ("a: [b", Code::ErrYamlParse),
        ("just text", Code::ErrYamlValidate),
        ("a: b", Code::ErrYamlValidate),
        ("- [x]", Code::ErrYamlValidate),
        ("- required_engine_version: 9999999", Code::ErrValidate),
        ("- required_engine_version: x.y", Code::ErrYamlValidate),
        ("- list: l\n  items: x", Code::ErrYamlValidate),
        ("- list: l\n  append: true\n  items: [x]", Code::ErrValidate),
        ("- macro: m\n  condition: m\n", Code::ErrValidate),
        ("- macro: m\n  condition: ''\n", Code::ErrYamlValidate),
    ] {
        let (report, _) = load(&[text]);
        let codes: Vec<Code> = report.errors().map(|p| p.code).collect();
        assert_eq!(codes, [code], "{text}: {}", report.render(Color::Never));
    }
    let (report, _) = load(&["", "---\n", "# nothing\n", "- required_engine_version: 0.31.0\n"]);
    assert_eq!(problems(&report), []);
    let scheme = Scheme::standard();
    let (report, _) = Loader::new(&scheme).unreadable("gone.yaml", "no such file").load();
    assert_eq!(problems(&report), [(Code::ErrFileRead, 0)]);
}

#[test]
fn results_have_the_keys_of_falcos_document() {
    let (report, _) = load(&[&rule("r", "evt.type = open and no.field = 1", "")]);
    let json = report.to_json();
    let file = &json["falco_load_results"][0];
    assert_eq!(file["name"], "1.yaml");
    assert_eq!(file["successful"], false);
    assert_eq!(file["warnings"].as_array().unwrap().len(), 0);
    let error = &file["errors"][0];
    assert_eq!(error["code"], "LOAD_ERR_COMPILE_CONDITION");
    assert!(error["message"].as_str().unwrap().contains("no.field"));
    assert!(error["codedesc"].is_string() && error["context"]["snippet"].as_str().unwrap().contains('^'));
    let locations = error["context"]["locations"].as_array().unwrap();
    let kinds: Vec<&str> = locations.iter().map(|l| l["item_type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["rules content", "rule", "rule condition", "condition expression"]);
    assert_eq!(locations[1]["item_name"], "r");
    let position = &locations[3]["position"];
    assert_eq!((position["line"].as_u64(), position["column"].as_u64()), (Some(2), Some(33)));
    assert_eq!(position["name"], "1.yaml");
    assert!(position["offset"].is_u64());
}

#[test]
fn lists_and_macros_that_multiply_without_end_are_refused() {
    let mut file = String::from("- list: l0\n  items: [l1, l1, l1, l1]\n");
    for i in 1..40 {
        let next = i + 1;
        file.push_str(&format!("- list: l{i}\n  items: [l{next}, l{next}, l{next}, l{next}]\n"));
    }
    file.push_str("- macro: m0\n  condition: evt.type = open\n");
    for i in 1..60 {
        let prev = i - 1;
        file.push_str(&format!("- macro: m{i}\n  condition: m{prev} or m{prev} or m{prev}\n"));
    }
    file.push_str(&rule("lists", "evt.type = open and proc.name in (l0)", ""));
    file.push_str(&rule("macros", "m59", ""));
    let (report, rules) = load(&[&file]);
    assert!(!report.is_ok());
    assert_eq!(rules.rules().len(), 0);
}

#[test]
fn macros_that_nest_without_end_are_refused() {
    let (open, close) = ("not (".repeat(150), ")".repeat(150));
    let mut file = String::new();
    for i in 0..2000 {
        file.push_str(&format!("- macro: m{i}\n  condition: evt.type = open\n"));
    }
    // Defined anew, a macro may refer to those that were defined after it.
    for i in 0..1999 {
        file.push_str(&format!("- macro: m{i}\n  condition: {open}m{}{close}\n", i + 1));
    }
    file.push_str(&rule("deep", "m0", ""));
    let (report, rules) = load(&[&file]);
    assert!(!report.is_ok());
    assert_eq!(rules.rules().len(), 0);
}

#[test]
fn a_rule_set_can_be_shared_between_threads() {
    fn shareable<T: Send + Sync>() {}
    fn movable<T: Send>() {}
    shareable::<RuleSet>();
    movable::<scap_rules::Scratch>();
}
