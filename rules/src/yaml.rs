//! YAML text → trees of nodes that know their places.
//!
//! Reads what rule files are made of: documents of sequences, mappings and scalars, anchors and aliases.
//! Suites of rule tests are read with it too. Tags are ignored. Bounded: nesting deeper than [`MAX_DEPTH`] or more than
//! [`MAX_NODES`] nodes after spelling out aliases is an error, so that no file costs unbounded memory or stack.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use crate::source::{MappedText, Place, SourceFile};

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 64;
/// Most nodes of a file, each use of an anchor counted in full.
const MAX_NODES: usize = 4_000_000;

/// A node of a document.
#[derive(Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it begins; of an alias, where its anchor's node does.
    pub place: Place,
    /// Where it ends in the file, bytes; of a block collection, behind the blanks that follow it.
    pub end: usize,
    /// Nodes below and including this one, aliases spelled out.
    size: usize,
}

/// What a node is.
#[derive(Debug)]
pub enum Kind {
    /// Nothing: `~`, `null` or no value at all.
    Null,
    /// A single value.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Rc<Node>>),
    /// In the order written.
    Mapping(Vec<(Rc<Node>, Rc<Node>)>),
}

/// A scalar: its value, and where each byte of the value stands.
#[derive(Debug)]
pub struct Scalar {
    /// Its text, unquoted and unescaped.
    pub value: String,
    raw_start: usize,
    style: ScalarStyle,
}

/// What is wrong with a text as YAML.
#[derive(Debug)]
pub struct YamlError {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub place: Place,
}

impl Node {
    /// Whether it is nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// The single value that it is.
    #[must_use]
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of the single value that it is.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.scalar().map(|scalar| scalar.value.as_str())
    }

    /// The nodes of the list that it is.
    #[must_use]
    pub fn sequence(&self) -> Option<&[Rc<Node>]> {
        match &self.kind {
            Kind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// Keys and values of the mapping that it is, in the order written.
    #[must_use]
    pub fn entries(&self) -> Option<&[(Rc<Node>, Rc<Node>)]> {
        match &self.kind {
            Kind::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value of the first entry whose key is `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        let (_, value) = self.entries()?.iter().find(|(k, _)| k.text() == Some(key))?;
        Some(value)
    }

    /// What this node is, for messages.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Scalar(_) => "a single value",
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) => "a mapping",
        }
    }
}

impl Kind {
    /// A scalar that begins at byte `start`.
    fn scalar(value: String, style: ScalarStyle, start: usize) -> Kind {
        if style == ScalarStyle::Plain && matches!(&*value, "" | "~" | "null" | "Null" | "NULL") {
            Kind::Null
        } else {
            Kind::Scalar(Scalar { value, raw_start: start, style })
        }
    }
}

impl Scalar {
    /// Whether it stands there without quotes or block indicator, so that it may be a number or a boolean.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.style == ScalarStyle::Plain
    }

    /// Where byte `at` of the value stands in `source`, which must be the file it was read from and have that number.
    #[must_use]
    pub fn place_of(&self, at: usize, file: u32, source: &SourceFile) -> Place {
        self.mapped(file, source).place(at)
    }

    /// The value with the place of each byte in `source`, which must be the file it was read from.
    pub(crate) fn mapped(&self, file: u32, source: &SourceFile) -> MappedText {
        let raw = source.text.as_bytes();
        let mut at = self.raw_start;
        if matches!(self.style, ScalarStyle::Literal | ScalarStyle::Folded)
            && matches!(raw.get(at), Some(b'|' | b'>'))
        {
            // The line of the indicator holds nothing of the value.
            at = memchr::memchr(b'\n', raw.get(at..).unwrap_or(&[])).map_or(raw.len(), |len| at + len);
        }
        let (value, mut done) = (self.value.as_bytes(), 0);
        let mut runs = Vec::new();
        while let Some(&byte) = value.get(done) {
            if !byte.is_ascii_whitespace() {
                at = self.skip_to(raw, at, byte);
            }
            runs.push((done, Place::new(file, at)));
            let rest = value.get(done..).unwrap_or(&[]).iter().zip(raw.get(at..).unwrap_or(&[]));
            let same = rest.take_while(|(a, b)| a == b).count();
            // What does not stand in the file, such as the blank that a line break became, stands where it goes on.
            done += same.max(1);
            at += same;
        }
        MappedText::of_runs(self.value.clone(), &runs)
    }

    /// Skips what stands in the file but not in the value: line breaks, indentation, quotes, backslashes.
    fn skip_to(&self, raw: &[u8], at: usize, byte: u8) -> usize {
        let quoted = matches!(self.style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        let skippable = |b: &u8| b.is_ascii_whitespace() || (quoted && matches!(b, b'"' | b'\'' | b'\\'));
        let rest = raw.get(at..).unwrap_or(&[]);
        let skipped = rest.iter().take_while(|&b| *b != byte && skippable(b)).count();
        if rest.get(skipped) == Some(&byte) { at + skipped } else { at }
    }
}

/// Reads all documents of `source`, which is text number `file`.
///
/// Lines that begin with the bracket that closes a list may stand as far left as the key of that list. YAML 1.2 says
/// no, but Falco's parser accepts it and published rule files have it.
///
/// # Errors
/// The first place where it is not YAML, or where it is nested or repeated beyond reason.
pub fn parse(file: u32, source: &SourceFile) -> Result<Vec<Rc<Node>>, YamlError> {
    let offsets = source.char_offsets();
    let mut text = Cow::Borrowed(source.text.as_str());
    let mut builder = Builder::new(file, offsets.as_deref());
    let (mut from, mut joins) = (0, 0);
    loop {
        let (error, at) = match builder.read(&text, from) {
            Ok(()) => return Ok(builder.documents),
            Err(Failure::Ours(error)) => return Err(error),
            Err(Failure::Yaml(error, at)) => (error, at),
        };
        match join_closing_line(&text, at) {
            Some(joined) if joins < MAX_JOINS => text = Cow::Owned(joined),
            _ => return Err(error),
        }
        joins += 1;
        // What stands before the item with that line has been read.
        from = builder.back_to_item(&text).unwrap_or_else(|| {
            builder = Builder::new(file, offsets.as_deref());
            0
        });
    }
}

/// Most lines of a file that may begin with a closing bracket too far left.
const MAX_JOINS: usize = 100;

/// `text` with the line of byte `at` joined to the one before it, if it begins with a closing bracket. Every byte
/// keeps its place: the line break, and a comment before it, become blanks.
fn join_closing_line(text: &str, at: usize) -> Option<String> {
    let start = text.get(..at)?.rfind('\n')? + 1;
    let line = text.get(start..)?.trim_start_matches([' ', '\t']);
    if !line.starts_with([']', '}']) {
        return None;
    }
    let previous = text.get(..start - 1)?.rfind('\n').map_or(0, |newline| newline + 1);
    let before = text.get(previous..start - 1)?;
    let kept = text.get(..previous + comment(before).unwrap_or(before.len()))?;
    let blanked = text.get(kept.len()..start)?;
    Some(format!("{kept}{}{}", " ".repeat(blanked.len()), text.get(start..)?)).filter(|_| blanked.is_ascii())
}

/// Where the comment of `line` begins, a line within brackets on which no quotes are open at its start.
fn comment(line: &str) -> Option<usize> {
    let (mut quotes, mut last) = (None, b' ');
    for (at, byte) in line.bytes().enumerate() {
        match (quotes, byte) {
            (None, b'#') if matches!(last, b' ' | b'\t') => return Some(at),
            // Elsewhere they are part of a word.
            (None, b'"' | b'\'') if matches!(last, b' ' | b'\t' | b'[' | b',') => quotes = Some(byte),
            (Some(b'"'), _) if last == b'\\' => {
                last = b' ';
                continue;
            }
            (Some(open), _) if byte == open => quotes = None,
            // Two of them stand for one.
            (None, b'\'') if last == b'\'' => quotes = Some(byte),
            _ => {}
        }
        last = byte;
    }
    None
}

enum Failure {
    /// Of the YAML parser, and the byte it is about.
    Yaml(YamlError, usize),
    /// Of this module.
    Ours(YamlError),
}

struct Builder<'s> {
    file: u32,
    /// Byte offset of each character, unless characters are bytes.
    offsets: Option<&'s [usize]>,
    /// Number of the character at which reading began last.
    first: usize,
    /// How many collections were open there, of which the parser tells once more.
    again: usize,
    open: Vec<Open>,
    anchors: HashMap<usize, Rc<Node>>,
    documents: Vec<Rc<Node>>,
}

/// A collection whose end has not been seen.
struct Open {
    place: Place,
    anchor: usize,
    children: Vec<Rc<Node>>,
    mapping: bool,
}

impl<'s> Builder<'s> {
    fn new(file: u32, offsets: Option<&'s [usize]>) -> Self {
        let (open, anchors, documents) = Default::default();
        Self { file, offsets, first: 0, again: 0, open, anchors, documents }
    }

    /// Reads `text` from byte `from` to its end.
    fn read(&mut self, text: &str, from: usize) -> Result<(), Failure> {
        self.first = self.offsets.map_or(from, |offsets| offsets.partition_point(|&offset| offset < from));
        self.again = self.open.len();
        for event in Parser::new_from_str(text.get(from..).unwrap_or_default()) {
            match event {
                Ok((event, span)) => self.event(event, span).map_err(Failure::Ours)?,
                Err(error) => {
                    let at = self.offset(error.marker().index()).min(text.len());
                    let message = error.info().to_owned();
                    return Err(Failure::Yaml(YamlError { message, place: Place::new(self.file, at) }, at));
                }
            }
        }
        Ok(())
    }

    /// Forgets what was read of the item of the outermost list that is not complete. Gives the byte where its line
    /// begins, if reading may go on there: if that list is all there is, and nothing of it is referred to, nor a
    /// directive.
    fn back_to_item(&mut self, text: &str) -> Option<usize> {
        let [list, item, ..] = &*self.open else { return None };
        let start = item.place.offset as usize;
        let line = text.get(..start)?.rfind('\n')? + 1;
        let is_item = text.get(line..start) == Some("- ");
        let refers = !self.anchors.is_empty() || text.contains("%TAG");
        if list.mapping || !is_item || refers || !self.documents.is_empty() {
            return None;
        }
        self.open.truncate(1);
        Some(line)
    }

    /// Byte offset of character number `index`, counted from where reading began.
    fn offset(&self, index: usize) -> usize {
        let index = self.first.saturating_add(index);
        match self.offsets {
            Some(offsets) => offsets.get(index).copied().unwrap_or(usize::MAX),
            None => index,
        }
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        let offset = self.offset(span.start.index());
        let place = Place::new(self.file, offset);
        match event {
            Event::Scalar(value, style, anchor, _) => {
                let kind = Kind::scalar(value.into_owned(), style, offset);
                let end = self.offset(span.end.index());
                self.close(Node { kind, place, end, size: 1 }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.open(place, anchor, false),
            Event::MappingStart(anchor, _) => self.open(place, anchor, true),
            Event::SequenceEnd | Event::MappingEnd => self.end(self.offset(span.end.index())),
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(node) => self.add(node),
                None => Err(self.error("an alias of an anchor that is not complete", place)),
            },
            _ => Ok(()),
        }
    }

    fn error(&self, message: &str, place: Place) -> YamlError {
        YamlError { message: message.to_owned(), place }
    }

    fn open(&mut self, place: Place, anchor: usize, mapping: bool) -> Result<(), YamlError> {
        if self.again > 0 {
            self.again -= 1;
            return Ok(());
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(self.error(&format!("nested more than {MAX_DEPTH} levels deep"), place));
        }
        self.open.push(Open { place, anchor, children: Vec::new(), mapping });
        Ok(())
    }

    fn end(&mut self, end: usize) -> Result<(), YamlError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let size = open.children.iter().fold(1usize, |sum, child| sum.saturating_add(child.size));
        if size > MAX_NODES {
            return Err(self.error("aliases repeat so much that the file is unreasonably large", open.place));
        }
        let kind = if open.mapping {
            let mut children = open.children.into_iter();
            let mut entries = Vec::new();
            while let (Some(key), Some(value)) = (children.next(), children.next()) {
                entries.push((key, value));
            }
            Kind::Mapping(entries)
        } else {
            Kind::Sequence(open.children)
        };
        self.close(Node { kind, place: open.place, end, size }, open.anchor)
    }

    fn close(&mut self, node: Node, anchor: usize) -> Result<(), YamlError> {
        let node = Rc::new(node);
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        self.add(node)
    }

    fn add(&mut self, node: Rc<Node>) -> Result<(), YamlError> {
        match self.open.last_mut() {
            Some(open) => open.children.push(node),
            None => self.documents.push(node),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn load(text: &str) -> (Sources, Vec<Rc<Node>>) {
        let mut sources = Sources::default();
        sources.add("f".into(), text.into());
        let nodes = parse(0, sources.file(0).unwrap()).unwrap();
        (sources, nodes)
    }

    /// Line and column of `needle` in the scalar under `key`.
    fn position(text: &str, key: &str, needle: &str) -> (usize, usize) {
        let (sources, docs) = load(text);
        let mapped = docs[0].get(key).unwrap().scalar().unwrap().mapped(0, sources.file(0).unwrap());
        let at = mapped.as_str().find(needle).unwrap();
        let location = sources.locate(mapped.place(at)).unwrap();
        (location.line, location.column)
    }

    #[test]
    fn every_style_of_scalar_maps_back_to_its_line_and_column() {
        assert_eq!(position("c: a.b = 1\n", "c", "b"), (1, 6));
        assert_eq!(position("c: >\n  a.b = 1\n  and xyz\n", "c", "xyz"), (3, 7));
        assert_eq!(position("c: |-\n    a\n\n    and xyz\n", "c", "xyz"), (4, 9));
        assert_eq!(position("c: >-\n  a and\n    more indented\n  xyz\n", "c", "xyz"), (4, 3));
        assert_eq!(position("c: 'it''s xyz'\n", "c", "xyz"), (1, 11));
        assert_eq!(position("c: \"a \\\"q\\\" xyz\"\n", "c", "xyz"), (1, 13));
        assert_eq!(position("c: a\n  and xyz\n", "c", "xyz"), (2, 7));
        assert_eq!(position("# ü\nc: ü xyz\n", "c", "xyz"), (2, 6));
    }

    #[test]
    fn a_closing_bracket_may_stand_under_its_key() {
        let text =
            "- list: x\n  items: [ a, # one\n    b\n  ]\n- list: y\n  items: [\n  # none\n  ]\n- c: xyz\n";
        let (sources, docs) = load(text);
        let items = docs[0].sequence().unwrap();
        assert_eq!(items[0].get("items").unwrap().sequence().unwrap().len(), 2);
        let c = sources.locate(items[2].get("c").unwrap().place).unwrap();
        assert_eq!((c.line, c.column), (9, 6));
    }

    /// What a node is, without places.
    fn outline(node: &Node) -> String {
        let all = |nodes: &[Rc<Node>]| nodes.iter().map(|node| outline(node)).collect::<Vec<_>>().join(", ");
        match &node.kind {
            Kind::Null => "~".to_owned(),
            Kind::Scalar(scalar) => format!("{:?}", scalar.value),
            Kind::Sequence(items) => format!("[{}]", all(items)),
            Kind::Mapping(entries) => {
                let entry =
                    |(key, value): &(Rc<Node>, Rc<Node>)| format!("{}: {}", outline(key), outline(value));
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
        }
    }

    #[test]
    fn reading_on_at_an_item_gives_what_reading_from_the_start_gives() {
        let left = "# ü\n---\n- list: ü\n  items: [ a,\n  ]\n- b: |\n    ]\n- - [c\n  ]\n- e: [\n  ]\n  f: xyz\n- &g [\n]\n- *g\n- h: [\n  ]\n";
        let further_in = left.replace("\n  ]", " ]").replace("\n]", " ]");
        let (sources, documents) = load(left);
        assert_eq!(outline(&documents[0]), outline(&load(&further_in).1[0]));
        let items = documents[0].sequence().unwrap();
        assert_eq!((documents.len(), items.len()), (1, 7));
        let f = items[3].get("f").unwrap();
        let found = sources.locate(f.place).unwrap();
        assert_eq!((found.line, found.column), (12, 6));
        assert_eq!(&left[f.place.offset as usize..f.end], "xyz");
    }

    #[test]
    fn a_number_sign_in_quotes_before_a_bracket_begins_no_comment() {
        let (_, docs) = load("- list: x\n  items: [\n    a, \" #b\"\n  ]\n- c: d\n");
        assert_eq!(outline(&docs[0]), r#"[{"list": "x", "items": ["a", " #b"]}, {"c": "d"}]"#);
        for (line, begins) in [
            ("a # b", Some(2)),
            ("# a", Some(0)),
            ("a#b", None),
            ("[\" #\", ' #', # a", Some(13)),
            ("'a'' # b' # c", Some(10)),
            (r#""a\" # b" # c"#, Some(10)),
            (r#""a\\" # b"#, Some(6)),
            ("it's # a", Some(5)),
        ] {
            assert_eq!(comment(line), begins, "{line}");
        }
    }

    #[test]
    fn aliases_stand_for_their_anchors() {
        let (_, docs) = load("a: &x [1, 2]\nb: *x\n");
        assert_eq!(docs[0].get("b").unwrap().sequence().unwrap().len(), 2);
    }

    #[test]
    fn documents_come_one_after_the_other() {
        let (_, docs) = load("---\n- a\n---\n- b\n...\n");
        assert_eq!(docs.len(), 2);
    }

    #[test]
    fn absurd_nesting_and_absurd_aliasing_are_refused() {
        let mut sources = Sources::default();
        sources.add("deep".into(), "[".repeat(100_000));
        assert!(parse(0, sources.file(0).unwrap()).is_err());
        let mut bomb = String::from("a0: &a0 [x]\n");
        for i in 1..40 {
            let prev = i - 1;
            bomb.push_str(&format!("a{i}: &a{i} [*a{prev}, *a{prev}, *a{prev}, *a{prev}]\n"));
        }
        sources.add("bomb".into(), bomb);
        assert!(parse(1, sources.file(1).unwrap()).is_err());
    }
}
