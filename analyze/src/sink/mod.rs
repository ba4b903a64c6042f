//! Where alerts go.

mod terminal;

pub use terminal::TerminalSafe;
