//! The suites of the samples pass, leave next to nothing of the built-in rules untested, and notice nearly every
//! change of them.

use std::process::Command;

#[test]
fn the_suites_of_the_samples_pass_and_notice_changes_of_the_rules() {
    let output = Command::new(env!("CARGO_BIN_EXE_scap"))
        .args(["test", "samples", "--coverage-min", "99", "--mutate-min", "95", "--each-item"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("scap runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("mutation 9"), "no mutant was tried: {said}");
}
