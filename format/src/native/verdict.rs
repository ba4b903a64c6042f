//! What verification has to say: one word, every finding with its place, the signature.

use std::fmt;

use super::sign::PublicKey;
use crate::damage::Damage;

/// What verification found.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The answer in a word.
    pub state: VerdictState,
    /// Everything that is wrong, in file order.
    pub findings: Vec<Damage>,
    /// The signature, if there is one.
    pub signature: Signature,
    /// Bytes read.
    pub bytes: u64,
    /// Data frames found sound.
    pub frames: u64,
    /// Events in them, as far as index records tell.
    pub events: u64,
}

/// The answer in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VerdictState {
    /// Every byte is as the recorder wrote it, and the signature fits.
    Whole,
    /// Every byte is as the recorder wrote it, unless somebody rewrote the whole trace: nobody signed it.
    WholeUnsigned,
    /// All that is there is sound, but the recorder stopped without a footer, or the end is cut off.
    Unfinished,
    /// Bytes are damaged as accidents damage them.
    Damaged,
    /// Bytes are sound in themselves but not what the recorder wrote, or not signed with the key asked for.
    Altered,
}

/// What is known about the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// There is none.
    Absent,
    /// It fits. Whose the key is only a comparison with a known key tells.
    Valid(PublicKey),
    /// It does not fit the bytes.
    Invalid(PublicKey),
    /// It fits, but is of another key than was asked for.
    OtherKey(PublicKey),
}

impl Verdict {
    /// Whether a signed trace is beyond doubt, or an unsigned one without fault.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        matches!(self.state, VerdictState::Whole | VerdictState::WholeUnsigned)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.state {
            VerdictState::Whole => return f.write_str("whole"),
            VerdictState::WholeUnsigned => return f.write_str("whole but unsigned"),
            VerdictState::Unfinished => "unfinished (recorder stopped without a footer)",
            VerdictState::Damaged => "damaged",
            VerdictState::Altered => "altered",
        };
        f.write_str(word)?;
        for (i, finding) in self.findings.iter().enumerate() {
            let sep = if i == 0 { ": " } else { "; " };
            write!(f, "{sep}bytes {}–", finding.start)?;
            match finding.end {
                Some(end) => write!(f, "{end}")?,
                None => f.write_str("end")?,
            }
            write!(f, " {}", finding.detail)?;
        }
        Ok(())
    }
}
