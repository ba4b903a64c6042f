//! Command lines and what they print, in `cmd/*.trycmd`: the command first, its exit code and output beneath.
//! `TRYCMD=overwrite cargo test -p scap --test cmd` writes them anew.

#[test]
fn commands_print_what_stands_beside_them() {
    trycmd::TestCases::new().env("NO_COLOR", "1").case("tests/cmd/*.trycmd");
}
