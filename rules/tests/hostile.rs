//! No text panics, hangs or exhausts memory, whatever it is given to.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::Scheme;
use proptest::prelude::*;
use scap_rules::{Color, Expr, Filter, Loader, Template, builtin};

/// Pieces of which rule files are made, in any order.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "- rule: ",
        "- macro: ",
        "- list: ",
        "  condition: ",
        "  items: ",
        "  output: ",
        "  priority: ",
        "  desc: ",
        "  append: ",
        "  override: ",
        "  exceptions: ",
        "  - name: ",
        "    fields: ",
        "    values: ",
        "    comps: ",
        "  tags: ",
        "true",
        "append",
        "replace",
        "[",
        "]",
        "{",
        "}",
        "'",
        "\"",
        "a",
        "proc.name",
        "evt.type",
        "=",
        "in",
        "(",
        ")",
        ",",
        "and",
        "or",
        "not",
        " ",
        "\n",
        "\n  ",
        "|",
        ">",
        "&a ",
        "*a",
        "---\n",
        "#",
        "%",
        "\\",
        "error",
        "open",
        "ü",
        "\t",
        "\u{0}",
        "syscall",
        "null",
        "~",
        "!!str ",
        "? ",
        ": ",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_a_rules_file_or_is_refused(text in prop_oneof![soup(), ".{0,200}"]) {
        let scheme = Scheme::standard();
        let (report, _) = Loader::new(&scheme).file("a", text.as_str()).file("b", text.as_str()).load();
        let _ = report.render(Color::Always);
        let _ = report.to_json();
    }

    #[test]
    fn any_text_is_a_condition_or_is_refused(text in prop_oneof![soup(), ".{0,100}"]) {
        let scheme = Scheme::standard();
        if let Err(errors) = Filter::compile(&text, &scheme) {
            prop_assert!(!errors.is_empty());
            for error in errors {
                let _ = error.render(&text);
            }
        }
        if let Ok(expr) = Expr::parse(&text) {
            prop_assert_eq!(Expr::parse(&expr.to_string()).unwrap().to_string(), expr.to_string());
        }
        let _ = Template::parse(&text, &scheme);
    }

    #[test]
    fn any_byte_of_a_good_file_may_change(at in any::<prop::sample::Index>(), byte in any::<char>()) {
        let scheme = Scheme::standard();
        let good = builtin();
        let at = at.index(good.len());
        if good.is_char_boundary(at) && good.is_char_boundary(at + 1) {
            let changed = format!("{}{byte}{}", &good[..at], &good[at + 1..]);
            let (report, _) = Loader::new(&scheme).file("changed", changed).load();
            let _ = report.render(Color::Never);
        }
    }

    #[test]
    fn a_good_file_may_end_anywhere(at in any::<prop::sample::Index>()) {
        let scheme = Scheme::standard();
        let good = builtin();
        let at = at.index(good.len());
        if good.is_char_boundary(at) {
            let (report, _) = Loader::new(&scheme).file("cut", &good[..at]).load();
            let _ = report.render(Color::Never);
        }
    }
}
