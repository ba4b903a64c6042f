//! Conditions of libsinsp's own parser tests are accepted and rejected alike.
//!
//! They are not part of this repository: the test looks for the sources in the directory named by
//! `SCAP_CONDITION_STRINGS` (libsinsp's `test` folder), takes the literals out of the calls that say what
//! is expected, and says so if there are none.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic and says what it found")]

use std::path::Path;

use scap_rules::Expr;

/// Calls with a condition among their arguments, and whether it is to be accepted.
const CALLS: [(&str, bool); 6] = [
    ("\ttest_accept(", true),
    ("\ttest_reject(", false),
    ("\ttest_reject_msg(", false),
    ("(eval_filter(", true),
    ("\ttest_filter_compile(", true),
    ("\ttest_filter_run(", true),
];

/// What may stand between the name of the call and the literal: names of variables.
fn is_plain_argument(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_.,->&* \t\n".contains(c)
}

/// The string that a C++ literal at the beginning of `source` stands for, those that follow included.
fn literal(source: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = source;
    let mut found = false;
    loop {
        rest = rest.trim_start();
        if let Some(raw) = rest.strip_prefix("R\"(") {
            let end = raw.find(")\"")?;
            out.push_str(&raw[..end]);
            rest = &raw[end + 2..];
        } else if let Some(quoted) = rest.strip_prefix('"') {
            let mut chars = quoted.char_indices();
            rest = loop {
                match chars.next()? {
                    (at, '"') => break &quoted[at + 1..],
                    (_, '\\') => out.push(match chars.next()?.1 {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        c @ ('"' | '\'' | '\\') => c,
                        _ => return None,
                    }),
                    (_, c) => out.push(c),
                }
            };
        } else {
            // A literal that is added to something else is not the whole condition.
            return (found && rest.starts_with([',', ')'])).then_some(out);
        }
        found = true;
    }
}

/// Conditions in a source file, and whether each is to be accepted.
fn conditions(source: &str) -> Vec<(String, bool)> {
    let mut all = Vec::new();
    for (call, accepted) in CALLS {
        for (at, _) in source.match_indices(call) {
            let arguments = &source[at + call.len()..];
            let start = arguments.find(|c: char| !is_plain_argument(c)).unwrap_or(0);
            // The letter before a raw literal looks like a name.
            let start = start - usize::from(arguments[..start].ends_with('R'));
            // A third argument of `test_filter_compile` says that it fails.
            let statement = arguments.split(';').next().unwrap_or("");
            let fails = call.contains("compile") && statement.trim_end().ends_with("true)");
            let throws = source[..at].ends_with("THROW");
            all.extend(literal(&arguments[start..]).map(|text| (text, accepted && !fails && !throws)));
        }
    }
    all
}

#[test]
fn literals_of_cpp_are_read() {
    let source = "\ttest_accept(\"a \\\"b\\\" \" \"c\");\n\ttest_reject_msg(R\"(x[\"y)\", \"no\");\n\ttest_accept(text);";
    assert_eq!(conditions(source), [("a \"b\" c".to_owned(), true), ("x[\"y".to_owned(), false)]);
}

#[test]
fn conditions_of_libsinsp_are_accepted_and_rejected_alike() {
    let Some(folder) = std::env::var_os("SCAP_CONDITION_STRINGS") else {
        return println!("skipped conditions_of_libsinsp…: SCAP_CONDITION_STRINGS is not set");
    };
    let (mut total, mut agree) = (0, 0);
    let mut files: Vec<_> =
        std::fs::read_dir(Path::new(&folder)).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("filter_") || !name.ends_with(".ut.cpp") {
            continue;
        }
        let (before, before_agree) = (total, agree);
        for (text, accepted) in conditions(&std::fs::read_to_string(&path).unwrap()) {
            let parsed = Expr::parse(&text);
            // What the parser takes the compiler may still refuse; that is not asked here.
            if parsed.is_ok() && !accepted && !name.contains("parser") {
                continue;
            }
            total += 1;
            match parsed {
                Ok(_) if accepted => agree += 1,
                Err(_) if !accepted => agree += 1,
                Ok(_) => println!("{name}: accepted, to be rejected: {text:?}"),
                Err(error) => println!("{name}: rejected, to be accepted: {text:?}: {error}"),
            }
        }
        println!("{name}: {} of {} alike", agree - before_agree, total - before);
    }
    println!("{agree} of {total} conditions alike");
    assert!(total > 0 && agree * 100 >= total * 99, "{agree} of {total}");
}
