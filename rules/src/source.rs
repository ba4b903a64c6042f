//! Texts of rule files and positions in them.
//!
//! A [`Place`] is a byte in one of the texts that were loaded together; [`Sources`] turns it into file name,
//! line and column. [`MappedText`] is text put together from several places (a folded scalar, an appended
//! condition, a list spelled out) that still knows where each byte came from.

/// A byte of a text: which text, which byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Number of the text, in the order of loading.
    pub file: u32,
    /// Byte offset in it.
    pub offset: u32,
}

impl Place {
    /// No particular place.
    pub const UNKNOWN: Place = Place { file: u32::MAX, offset: 0 };

    /// Byte `offset` of text number `file`; saturates at 4 GiB.
    pub(crate) fn new(file: u32, offset: usize) -> Place {
        Place { file, offset: u32::try_from(offset).unwrap_or(u32::MAX) }
    }
}

/// A place for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Name of the file as given to the loader.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Byte offset in the file.
    pub offset: usize,
    /// The line's text, without its end.
    pub text: String,
}

/// All texts loaded together.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

/// A text with its name.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its name as given.
    pub name: String,
    /// All of it.
    pub text: String,
    line_starts: Vec<usize>,
}

impl Sources {
    /// Adds a text and gives its number.
    pub fn add(&mut self, name: String, text: String) -> u32 {
        let mut line_starts = vec![0];
        line_starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        self.files.push(SourceFile { name, text, line_starts });
        u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX)
    }

    /// Number of texts.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.files.len()).unwrap_or(u32::MAX)
    }

    /// Text number `number`.
    #[must_use]
    pub fn file(&self, number: u32) -> Option<&SourceFile> {
        self.files.get(usize::try_from(number).ok()?)
    }

    /// `place` for people; `None` for [`Place::UNKNOWN`].
    #[must_use]
    pub fn locate(&self, place: Place) -> Option<Location> {
        let file = self.file(place.file)?;
        let mut offset = usize::try_from(place.offset).ok()?.min(file.text.len());
        while !file.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = file.line_starts.partition_point(|&start| start <= offset);
        let start = file.line_starts.get(line.checked_sub(1)?).copied()?;
        let end = file.line_starts.get(line).map_or(file.text.len(), |next| next - 1);
        let text = file.text.get(start..end)?.trim_end_matches('\r');
        let column = file.text.get(start..offset)?.chars().count() + 1;
        Some(Location { file: file.name.clone(), line, column, offset, text: text.to_owned() })
    }
}

impl SourceFile {
    /// Byte offset of each character, and of the end; `None` if characters are bytes.
    pub(crate) fn char_offsets(&self) -> Option<Vec<usize>> {
        let offsets = self.text.char_indices().map(|(at, _)| at).chain([self.text.len()]);
        (!self.text.is_ascii()).then(|| offsets.collect())
    }
}

/// Text that knows the place of each of its bytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct MappedText {
    text: String,
    /// In the order of the text, which they cover.
    runs: Vec<Run>,
}

/// Bytes of a text up to the next run.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// The first of them.
    start: usize,
    /// Its place.
    place: Place,
    /// Whether the others stand behind it; if not, they have the same place.
    advances: bool,
}

impl Run {
    /// Place of byte `at`, which is not before the run.
    fn place(&self, at: usize) -> Place {
        if !self.advances {
            return self.place;
        }
        let behind = u32::try_from(at.saturating_sub(self.start)).unwrap_or(u32::MAX);
        Place { offset: self.place.offset.saturating_add(behind), ..self.place }
    }
}

impl MappedText {
    /// `text` whose bytes stand one after the other in file 0: a filter given on its own.
    pub(crate) fn verbatim(text: &str) -> MappedText {
        let mut out = MappedText::default();
        out.push_verbatim(text, Place::new(0, 0));
        out
    }

    /// `text` in runs: the first byte of each and its place, behind which the next ones stand.
    pub(crate) fn of_runs(text: String, runs: &[(usize, Place)]) -> MappedText {
        let runs = runs.iter().map(|&(start, place)| Run { start, place, advances: true }).collect();
        MappedText { text, runs }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Place of byte `at`, or of the last one.
    pub(crate) fn place(&self, at: usize) -> Place {
        let Some(last) = self.text.len().checked_sub(1) else { return Place::UNKNOWN };
        let at = at.min(last);
        self.runs.get(self.run_of(at)).map_or(Place::UNKNOWN, |run| run.place(at))
    }

    /// Number of the run that byte `at` is in.
    fn run_of(&self, at: usize) -> usize {
        self.runs.partition_point(|run| run.start <= at).saturating_sub(1)
    }

    /// Appends `text`, all of which stands at `place`.
    pub(crate) fn push(&mut self, text: &str, place: Place) {
        self.push_run(text, place, false);
    }

    /// Appends `text`, the first byte of which stands at `place` and the others behind it.
    pub(crate) fn push_verbatim(&mut self, text: &str, place: Place) {
        self.push_run(text, place, true);
    }

    fn push_run(&mut self, text: &str, place: Place, advances: bool) {
        if !text.is_empty() {
            self.runs.push(Run { start: self.text.len(), place, advances });
            self.text.push_str(text);
        }
    }

    /// The text from byte `at` on.
    pub(crate) fn from(&self, at: usize) -> MappedText {
        let mut out = MappedText::default();
        out.append_range(self, at, self.text.len());
        out
    }

    /// Without blanks at either end.
    pub(crate) fn trimmed(&self) -> MappedText {
        let start = self.text.len() - self.text.trim_start().len();
        let mut out = MappedText::default();
        out.append_range(self, start, start + self.text.trim().len());
        out
    }

    /// Drops bytes at the end as long as `drop` says so of them. They must be ASCII.
    pub(crate) fn trim_end_by(&mut self, drop: impl Fn(u8) -> bool) {
        let kept = self.text.bytes().rposition(|b| !drop(b)).map_or(0, |last| last + 1);
        self.truncate(kept);
    }

    /// Drops the last byte if it is `byte`, which must be ASCII; tells whether it was.
    pub(crate) fn pop(&mut self, byte: u8) -> bool {
        let found = self.text.as_bytes().last() == Some(&byte);
        if found {
            self.truncate(self.text.len() - 1);
        }
        found
    }

    fn truncate(&mut self, len: usize) {
        self.text.truncate(len);
        while self.runs.last().is_some_and(|run| run.start >= len) {
            self.runs.pop();
        }
    }

    /// Appends `other`.
    pub(crate) fn append(&mut self, other: &MappedText) {
        self.append_range(other, 0, other.text.len());
    }

    /// Appends bytes `from..to` of `other`; both must be character boundaries.
    pub(crate) fn append_range(&mut self, other: &MappedText, from: usize, to: usize) {
        let Some(text) = other.text.get(from..to).filter(|text| !text.is_empty()) else { return };
        let base = self.text.len();
        self.text.push_str(text);
        let runs = other.runs.get(other.run_of(from)..).unwrap_or(&[]);
        self.runs.extend(runs.iter().take_while(|run| run.start < to).map(|run| {
            let start = run.start.max(from);
            Run { start: base + (start - from), place: run.place(start), ..*run }
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_by_line_and_column_in_characters() {
        let mut sources = Sources::default();
        let file = sources.add("f".into(), "a\nüb\r\nc".into());
        let b = sources.locate(Place::new(file, 4)).unwrap();
        assert_eq!((b.line, b.column, b.text.as_str()), (2, 2, "üb"));
        let past = sources.locate(Place::new(file, 99)).unwrap();
        assert_eq!((past.line, past.column), (3, 2));
        assert_eq!(sources.locate(Place::UNKNOWN), None);
    }

    #[test]
    fn a_place_inside_a_character_is_its_beginning() {
        let mut sources = Sources::default();
        let file = sources.add("f".into(), "ü".into());
        assert_eq!(sources.locate(Place::new(file, 1)).unwrap().column, 1);
    }

    #[test]
    fn every_byte_of_a_text_put_together_knows_its_place() {
        let mut text = MappedText::verbatim("abc def");
        text.push(" in ", Place::new(1, 70));
        let mut whole = text.from(4);
        whole.append_range(&text, 1, 9);
        whole.push("", Place::new(2, 0));
        whole.push_verbatim("xy ", Place::new(3, 5));
        whole.trim_end_by(|b| b == b' ');
        assert_eq!(whole.as_str(), "def in bc def ixy");
        let places: Vec<(u32, u32)> =
            (0..18).map(|at| whole.place(at)).map(|place| (place.file, place.offset)).collect();
        let run = |file, from: u32, len: u32| (from..from + len).map(move |offset| (file, offset));
        let mut expected: Vec<(u32, u32)> = run(0, 4, 3).collect();
        expected.extend([(1, 70); 4]);
        expected.extend(run(0, 1, 6));
        expected.extend([(1, 70); 2]);
        expected.extend(run(3, 5, 2));
        expected.push((3, 6));
        assert_eq!(places, expected);
        assert_eq!(MappedText::default().place(0), Place::UNKNOWN);
    }
}
