//! The rule set that comes with the program.

/// Text of the built-in rules (`rules/sets/default.yaml`), a rules file like any other.
#[must_use]
pub const fn builtin() -> &'static str {
    include_str!("../sets/default.yaml")
}
