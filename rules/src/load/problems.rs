//! Collects problems and says where they are.

use std::collections::HashSet;
use std::rc::Rc;

use crate::report::{Code, Counts, FileReport, Frame, LoadReport, Problem};
use crate::source::{Place, Sources};

/// The items a problem is in.
#[derive(Debug, Clone)]
pub(super) struct Context {
    file: u32,
    innermost: Rc<Item>,
}

/// An item and what it is in.
#[derive(Debug)]
struct Item {
    kind: &'static str,
    name: String,
    place: Place,
    outer: Option<Rc<Item>>,
}

impl Context {
    /// A file as a whole.
    pub(super) fn file(file: u32) -> Context {
        let place = Place { file, offset: 0 };
        let whole = Item { kind: "rules content", name: String::new(), place, outer: None };
        Context { file, innermost: Rc::new(whole) }
    }

    /// An item in this one.
    pub(super) fn within(&self, kind: &'static str, name: &str, place: Place) -> Context {
        let inner = Item { kind, name: name.to_owned(), place, outer: Some(Rc::clone(&self.innermost)) };
        Context { file: self.file, innermost: Rc::new(inner) }
    }

    /// Where the innermost item begins.
    pub(super) fn place(&self) -> Place {
        self.innermost.place
    }

    /// From the innermost item outwards.
    fn items(&self) -> impl Iterator<Item = &Item> {
        std::iter::successors(Some(&*self.innermost), |item| item.outer.as_deref())
    }

    /// Problems of the item are from now on reported for the file of `change`, which changed it last.
    pub(super) fn report_in(&mut self, change: &Context) {
        self.file = change.file;
    }

    pub(super) fn file_number(&self) -> u32 {
        self.file
    }
}

/// All problems of one load.
pub(super) struct Problems<'s> {
    pub(super) sources: &'s Sources,
    by_file: Vec<Vec<Problem>>,
    seen: HashSet<(Code, Place, String)>,
}

impl<'s> Problems<'s> {
    pub(super) fn new(sources: &'s Sources) -> Problems<'s> {
        let by_file = (0..sources.len()).map(|_| Vec::new()).collect();
        Problems { sources, by_file, seen: HashSet::new() }
    }

    /// Adds a problem at `place`, or at the beginning of the innermost item. One that was already reported for
    /// the same place (a macro used by many rules) is not repeated.
    pub(super) fn add(&mut self, code: Code, message: &str, place: Option<Place>, context: &Context) {
        self.add_detailed(code, message, place, context, None, None);
    }

    /// [`Problems::add`] with the name that was probably meant.
    pub(super) fn add_suggesting(
        &mut self,
        code: Code,
        message: &str,
        place: Option<Place>,
        context: &Context,
        suggestion: Option<&str>,
    ) {
        self.add_detailed(code, message, place, context, suggestion, None);
    }

    /// Adds the warning that `field` is deprecated.
    pub(super) fn add_deprecated(&mut self, field: &str, message: &str, place: Place, context: &Context) {
        self.add_detailed(Code::DeprecatedItem, message, Some(place), context, None, Some(field));
    }

    fn add_detailed(
        &mut self,
        code: Code,
        message: &str,
        place: Option<Place>,
        context: &Context,
        suggestion: Option<&str>,
        field: Option<&str>,
    ) {
        let place = place.filter(|&place| place != Place::UNKNOWN).unwrap_or_else(|| context.place());
        if !self.seen.insert((code, place, message.to_owned())) {
            return;
        }
        let frames = context.items().map(|item| Frame {
            item_type: item.kind,
            item_name: item.name.clone(),
            location: self.sources.locate(item.place),
        });
        let mut frames: Vec<Frame> = frames.collect();
        frames.reverse();
        let whole_file = context.innermost.outer.is_none() && place == context.place();
        let problem = Problem {
            code,
            message: message.to_owned(),
            location: if whole_file { None } else { self.sources.locate(place) },
            context: frames,
            suggestion: suggestion.map(str::to_owned),
            deprecated_field: field.map(str::to_owned),
        };
        // What a later file put into a macro may only turn out wrong in an earlier rule that uses it.
        let blamed = [place.file, context.file].into_iter().filter(|&f| self.sources.file(f).is_some()).max();
        let file = usize::try_from(blamed.unwrap_or(context.file)).unwrap_or(usize::MAX);
        if let Some(problems) = self.by_file.get_mut(file) {
            problems.push(problem);
        }
    }

    pub(super) fn into_report(self, counts: &[Counts]) -> LoadReport {
        let files = self.by_file.into_iter().zip(0u32..).map(|(problems, file)| FileReport {
            name: self.sources.file(file).map_or_else(String::new, |source| source.name.clone()),
            problems,
            counts: usize::try_from(file).ok().and_then(|f| counts.get(f)).copied().unwrap_or_default(),
        });
        LoadReport { files: files.collect() }
    }
}
