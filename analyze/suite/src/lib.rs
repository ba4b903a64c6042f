//! Regression suites of rules: recorded traces, and what must and must not fire on them.
//!
//! Takes suite files (YAML), rule files and traces; gives verdicts with places and reasons.
//!
//! - [`format`]: the suite file as serde types; [`schema`]: their JSON schema, against which files are checked.
//! - [`read`]: files → [`Suite`]s, all that is wrong with them at once.
//! - [`explain`]: why a rule fired or not; [`diff`]: what a change of rules changes.
//! - [`run()`]: suites → [`Report`], every trace replayed once for all that is asked of it.
//!
//! Deliberately knows nothing of terminals and command lines, and of rules only what `scap-rules` tells.
#![forbid(unsafe_code)]

mod blame;
mod bless;
mod count;
mod coverage;
pub mod diff;
pub mod explain;
pub mod format;
mod judge;
pub mod mutate;
mod near;
pub mod output;
mod place;
mod plan;
mod play;
mod question;
mod read;
mod reasons;
mod report;
mod rules;
pub mod schema;
mod suite;
mod window;

pub use blame::Blame;
pub use bless::{Blessed, bless};
pub use count::Count;
pub use coverage::{CannotFire, ComparisonCoverage, Coverage, Figures, RuleCoverage};
pub use judge::{Failure, FailureKind};
pub use near::{Answer, NearMiss};
pub use place::{Broken, Problem};
pub use plan::{Options, run};
pub use read::{find, read};
pub use reasons::Reason;
pub use report::{Report, TestReport};
pub use rules::{Loaded, RuleFile, load, loader, near};
pub use suite::{Expectation, Forbidden, Suite, Test};
