//! Rule files → [`LoadReport`] and [`RuleSet`].
//!
//! Files are read in the order given; later ones override and append to earlier ones, as Falco's do.
//! Every problem of every file is reported in one run: an item that is wrong is left out and the rest goes on.
//! A rule that refers to something wrong is left out too. A problem is reported for the file that changed the item last,
//! and no file may use macros of a later one: Falco compiles after each file.

mod collect;
mod compile;
mod exceptions;
mod item;
mod lists;
mod macros;
mod overrides;
mod problems;
mod read;
mod read_rule;
mod read_versions;
mod value;
mod version;

use crate::blueprint::Blueprint;
use crate::field::FieldScheme;
use crate::report::{Code, LoadReport};
use crate::set::RuleSet;
use crate::source::Sources;
use collect::Collector;
use problems::{Context, Problems};

pub use version::ENGINE_VERSION;

/// Loads rule files.
///
/// ```
/// # use scap_rules::{Loader, FieldScheme};
/// # fn show(scheme: &dyn FieldScheme) {
/// let (report, rules) = Loader::new(scheme).file("default.yaml", scap_rules::builtin()).load();
/// if !report.is_ok() {
///     eprint!("{}", report.render(scap_rules::Color::Never));
/// }
/// # let _ = rules;
/// # }
/// ```
pub struct Loader<'s> {
    scheme: &'s dyn FieldScheme,
    event_sources: Vec<String>,
    extra_output: String,
    inputs: Vec<(String, Result<String, String>)>,
}

impl<'s> Loader<'s> {
    /// A loader of rules over the fields of `scheme`; knows the one event source `syscall`.
    #[must_use]
    pub fn new(scheme: &'s dyn FieldScheme) -> Loader<'s> {
        Loader {
            scheme,
            event_sources: vec!["syscall".to_owned()],
            extra_output: String::new(),
            inputs: Vec::new(),
        }
    }

    /// Adds a file: its name, for messages, and its text.
    #[must_use]
    pub fn file(mut self, name: impl Into<String>, text: impl Into<String>) -> Loader<'s> {
        self.inputs.push((name.into(), Ok(text.into())));
        self
    }

    /// Adds a file that could not be read, and why, so that it is reported in its place.
    #[must_use]
    pub fn unreadable(mut self, name: impl Into<String>, why: impl Into<String>) -> Loader<'s> {
        self.inputs.push((name.into(), Err(why.into())));
        self
    }

    /// Adds text to the end of every output of source `syscall`, after a blank (Falco's `append_output`).
    #[must_use]
    pub fn append_output(mut self, text: &str) -> Loader<'s> {
        self.extra_output.push(' ');
        self.extra_output.push_str(text);
        self
    }

    /// Loads everything. Rules without errors are in the set even if others had some; the caller decides
    /// by [`LoadReport::is_ok`] whether that is good enough.
    #[must_use]
    pub fn load(self) -> (LoadReport, RuleSet) {
        self.load_into(None)
    }

    /// [`Loader::load`] that keeps how the rules are written, too.
    #[must_use]
    pub fn load_with_blueprint(self) -> (LoadReport, RuleSet, Blueprint) {
        let mut blueprint = Blueprint::default();
        let (report, rules) = self.load_into(Some(&mut blueprint));
        (report, rules, blueprint)
    }

    fn load_into(self, mut blueprint: Option<&mut Blueprint>) -> (LoadReport, RuleSet) {
        let mut sources = Sources::default();
        let mut unreadable = Vec::new();
        for (name, input) in self.inputs {
            let (text, why) = match input {
                Ok(text) => (text, None),
                Err(why) => (String::new(), Some(why)),
            };
            let file = sources.add(name, text);
            unreadable.extend(why.map(|why| (file, why)));
        }
        let mut problems = Problems::new(&sources);
        for (file, why) in unreadable {
            problems.add(Code::ErrFileRead, &why, None, &Context::file(file));
        }
        let mut collector = Collector::new(self.scheme, &self.event_sources);
        for file in 0..sources.len() {
            read::file(file, &sources, &mut collector, &mut problems);
            collector.end_file();
        }
        let written = blueprint.as_deref_mut();
        let rules = compile::rules(&collector, self.scheme, &self.extra_output, &mut problems, written);
        let report = problems.into_report(&collector.counts());
        drop(collector);
        if let Some(blueprint) = blueprint {
            blueprint.sources = sources;
        }
        (report, RuleSet::new(rules, self.scheme))
    }
}
