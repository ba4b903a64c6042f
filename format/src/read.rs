//! The one way into a trace: blocks and damage in file order, in bounded memory. Hot path: events are
//! borrowed from the buffer they were read into; nothing is allocated per event.
//!
//! Takes a path, standard input or any reader (several files for a rotated trace), gives [`Item`]s and at the
//! end [`Totals`]. Events are numbered from 1 by their blocks, whatever is done with them later. Deliberately
//! does not upgrade events of old versions and does not know what an event means.

use crate::Event;
use crate::block::Block;
use crate::chunk::{Chunk, ChunkSource, Held};
use crate::damage::{Damage, DamageKind};
use crate::error::Error;
use crate::native::{self, SeriesPart};
use crate::scap::event;
use crate::scap::kind::Kind;
use crate::scap::list::List;
use crate::scap::mistaken;
use crate::scap::parse::decode;
use crate::scap::stream::{Place, Step, Stream};
use crate::snapshot::Snapshot;
use crate::source::{self, Container};
use crate::totals::Totals;
use std::collections::VecDeque;
use std::fs::File;
use std::io::Read;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a trace holds, piece by piece.
#[derive(Debug)]
pub enum Item<'a> {
    /// A block.
    Block(Block<'a>),
    /// A damaged stretch; reading goes on behind it.
    Damage(&'a Damage),
}

/// Sees a trace go by, see [`TraceReader::visit`].
pub trait Visitor {
    /// An event.
    fn event(&mut self, event: &Event<'_>) -> ControlFlow<()>;

    /// Events come that stand one behind the other in `bytes` from `at` on, as [`Held::event`] reads them; the first has
    /// number `num`. For visitors that want to come back to them: each is shown as any other.
    fn row(&mut self, bytes: &Arc<Held>, at: usize, num: u64) -> ControlFlow<()> {
        let _ = (bytes, at, num);
        ControlFlow::Continue(())
    }

    /// An event of the last [row](Self::row), whose `block` stands at `at`, in parts that need not exist in memory: for
    /// visitors that pass over many with a look at their header. [`Event::of_usual`] reads it again from its block, because
    /// all of an event is not worth keeping at hand then.
    #[inline]
    fn usual_in(&mut self, event: Event<'_>, block: &[u8], at: usize) -> ControlFlow<()> {
        let _ = (block, at);
        self.event(&event)
    }

    /// A list of the snapshot, in place of its block. `true` if it was taken in; if not, the block comes next. What it
    /// contradicts itself in comes as damage in either case.
    fn list(&mut self, list: &mut List<'_>) -> bool {
        let _ = list;
        false
    }

    /// Anything but an event.
    fn item(&mut self, item: Item<'_>) -> ControlFlow<()>;
}

/// Reads a trace from front to back.
pub struct TraceReader {
    name: String,
    container: Container,
    stream: Stream,
    /// Files still to come.
    files: VecDeque<PathBuf>,
    /// Whether the trace is spread over several files, so that messages have to name them.
    is_series: bool,
    /// How many chunks files are read ahead on another thread, if they are.
    reads_ahead: Option<usize>,
    /// The part of a recorded series that is being read, and the number of its first event.
    part: Option<(SeriesPart, u64)>,
    /// Events that describe the machine again before those that go on; they are skipped, as other such blocks are.
    told_before: Option<u64>,
    scratch: Vec<u8>,
    /// Whether one of the following three is set.
    is_ahead: bool,
    /// A step taken ahead.
    peeked: Option<Step>,
    /// Damage inside the block that was given last.
    inside: Option<Damage>,
    /// The block that was reported last, whose type is damaged, and its true type.
    mistaken: Option<(Place, u32)>,
    totals: Totals,
}

impl TraceReader {
    /// Opens the trace in a file.
    ///
    /// # Errors
    /// If it cannot be read, is empty, or no trace.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::open_series(&[path.to_owned()])
    }

    /// Opens the files of a rotated trace, to be read as one. They are read in the order given; see
    /// [`source::inputs`] for the right one.
    ///
    /// # Errors
    /// If the first cannot be read, is empty, or no trace. Of the others that is damage.
    pub fn open_series(paths: &[PathBuf]) -> Result<Self, Error> {
        let mut files: VecDeque<_> = paths.iter().cloned().collect();
        let first = files.pop_front().unwrap_or_default();
        let name = first.display().to_string();
        let mut trace = Self::from_reader(open_file(&first)?, &name)?;
        trace.is_series = !files.is_empty();
        if trace.is_series {
            trace.part = part_of(&first).map(|part| (part, 1));
        }
        trace.files = files;
        Ok(trace)
    }

    /// Reads the trace that comes on standard input.
    ///
    /// # Errors
    /// If it cannot be read, is empty, or no trace.
    pub fn stdin() -> Result<Self, Error> {
        Self::from_reader(Box::new(std::io::stdin()), "standard input")
    }

    /// Reads the trace that `reader` holds. `name` is for messages.
    ///
    /// # Errors
    /// If it cannot be read, is empty, or no trace.
    pub fn from_reader(reader: Box<dyn Read + Send>, name: &str) -> Result<Self, Error> {
        let (container, source) = source::open(reader, name)?;
        Ok(Self::of_container(container, source, name))
    }

    pub(crate) fn of_container(
        container: Container,
        source: Box<dyn ChunkSource + Send>,
        name: &str,
    ) -> Self {
        Self { name: name.to_owned(), container, ..Self::of_chunks(source, 1) }
    }

    /// Reads the pieces of a trace that `source` gives, the first of which starts a block. Its first event gets
    /// number `first_event`.
    #[must_use]
    pub fn of_chunks(source: Box<dyn ChunkSource + Send>, first_event: u64) -> Self {
        Self {
            name: String::new(),
            container: Container::Plain,
            stream: Stream::new(source, first_event),
            files: VecDeque::new(),
            is_series: false,
            reads_ahead: None,
            part: None,
            told_before: None,
            scratch: Vec::new(),
            is_ahead: false,
            peeked: None,
            inside: None,
            mistaken: None,
            totals: Totals::default(),
        }
    }

    /// Reads whole blocks in memory. Their first event gets number `first_event`.
    #[must_use]
    pub fn of_blocks(blocks: Vec<u8>, first_event: u64) -> Self {
        let chunk = Chunk { bytes: blocks, starts_block: true, ..Chunk::default() };
        Self::of_chunks(Box::new(Some(chunk)), first_event)
    }

    /// From here on, reads and decompresses on another thread, up to `chunks` chunks ahead, if there is one to be had.
    /// What is read is the same.
    pub fn read_ahead(&mut self, chunks: usize) {
        self.reads_ahead = Some(chunks);
        self.stream.read_ahead(chunks);
    }

    /// The file being read.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What that file is.
    #[must_use]
    pub fn container(&self) -> Container {
        self.container
    }

    /// Counts of what has been read so far; of the whole trace once [`Self::next`] has given `None`.
    #[must_use]
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The next block or damaged stretch; `None` at the end. What is given lives until the next call.
    ///
    /// # Errors
    /// Only if the operating system could not read.
    #[inline]
    #[expect(clippy::should_implement_trait, reason = "an iterator cannot lend")]
    pub fn next(&mut self) -> Result<Option<Item<'_>>, Error> {
        if !self.is_ahead
            && let Some((block_type, layout, place)) = self.stream.smooth()
        {
            self.totals.count_event(layout, place.len());
            return match event::decode(self.stream.smooth_body(place.clone()), layout) {
                Ok(mut event) => {
                    event.num = self.stream.next_event() - 1;
                    self.totals.saw(event.ts);
                    Ok(Some(Item::Block(Block::Event(event))))
                }
                Err(what) => {
                    let place = self.stream.smooth_place(block_type, &place);
                    let (damage, mistaken) = faulty(&self.stream, &place, what);
                    (self.is_ahead, self.mistaken) = (mistaken.is_some(), mistaken);
                    Ok(Some(Item::Damage(self.totals.lost(damage))))
                }
            };
        }
        self.next_slowly()
    }

    /// Hands everything to `each`, in order, until it breaks off or the trace ends.
    ///
    /// # Errors
    /// Only if the operating system could not read.
    pub fn for_each(&mut self, each: impl FnMut(Item<'_>) -> ControlFlow<()>) -> Result<(), Error> {
        struct Each<F>(F);
        impl<F: FnMut(Item<'_>) -> ControlFlow<()>> Visitor for Each<F> {
            fn event(&mut self, event: &Event<'_>) -> ControlFlow<()> {
                self.0(Item::Block(Block::Event(*event)))
            }

            fn item(&mut self, item: Item<'_>) -> ControlFlow<()> {
                self.0(item)
            }
        }
        self.visit(&mut Each(each))
    }

    /// Shows everything to `visitor`, in order, until it breaks off or the trace ends. The fastest way to read:
    /// an event shown costs less than one returned, because it need not be moved through memory.
    ///
    /// # Errors
    /// Only if the operating system could not read.
    pub fn visit(&mut self, visitor: &mut impl Visitor) -> Result<(), Error> {
        loop {
            if !self.is_ahead
                && let Some((bytes, at, num)) = self.stream.row()
                && (visitor.row(bytes, at, num).is_break()
                    || self
                        .stream
                        .run(&mut self.totals, |event, block, at| visitor.usual_in(event, block, at))
                        .is_break())
            {
                return Ok(());
            }
            let flow = if !self.is_ahead
                && let Some((block_type, layout, place)) = self.stream.smooth()
            {
                self.totals.count_event(layout, place.len());
                match event::decode(self.stream.smooth_body(place.clone()), layout) {
                    Ok(mut event) => {
                        event.num = self.stream.next_event() - 1;
                        self.totals.saw(event.ts);
                        visitor.event(&event)
                    }
                    Err(what) => visitor.item(self.smooth_damage(block_type, &place, what)),
                }
            } else {
                let step = self.step()?;
                if self.shows_list(&step, visitor) {
                    continue;
                }
                match self.item(step) {
                    Some(Item::Block(Block::Event(event))) => visitor.event(&event),
                    Some(item) => visitor.item(item),
                    None => return Ok(()),
                }
            };
            if flow.is_break() {
                return Ok(());
            }
        }
    }

    /// What is wrong with an event that lies smoothly in its chunk.
    #[cold]
    fn smooth_damage(&mut self, block_type: u32, place: &Range<usize>, what: &str) -> Item<'_> {
        let place = self.stream.smooth_place(block_type, place);
        let (damage, mistaken) = faulty(&self.stream, &place, what);
        (self.is_ahead, self.mistaken) = (mistaken.is_some(), mistaken);
        Item::Damage(self.totals.lost(damage))
    }

    /// Whether there is a list at `step` that `visitor` takes in.
    fn shows_list(&mut self, step: &Step, visitor: &mut impl Visitor) -> bool {
        let Step::Block(place) = step else { return false };
        let framed = self.stream.block(place);
        let Some(mut list) = List::of(&framed, self.stream.is_big_endian()) else { return false };
        if !visitor.list(&mut list) {
            return false;
        }
        let (entries, wrong) = list.end();
        // A list that starts well is what it says it is. Of any other, nothing was there to be taken in.
        if entries == 0 && wrong.is_some() {
            return false;
        }
        self.totals.count(place.kind, framed.block_type, framed.len);
        if let Some(what) = wrong {
            let damage = content_damage(&self.stream, place, what);
            (self.inside, self.is_ahead) = (Some(damage), true);
        }
        true
    }

    fn next_slowly(&mut self) -> Result<Option<Item<'_>>, Error> {
        let step = self.step()?;
        Ok(self.item(step))
    }

    /// What is at `step`; `None` at the end.
    fn item(&mut self, step: Step) -> Option<Item<'_>> {
        let place = match step {
            Step::Block(place) => place,
            Step::Damage(damage) => return Some(Item::Damage(self.totals.lost(damage))),
            Step::End => return None,
        };
        let framed = self.stream.block(&place);
        self.totals.count(place.kind, framed.block_type, framed.len);
        match decode(&framed, self.stream.is_big_endian(), &mut self.scratch) {
            Ok(Block::Event(mut event)) => {
                event.num = place.num;
                self.totals.saw(event.ts);
                Some(Item::Block(Block::Event(event)))
            }
            Ok(Block::Unknown { block_type, len }) => {
                let what = "block type is unknown";
                match faulty(&self.stream, &place, what) {
                    (damage, Some(mistaken)) => {
                        (self.is_ahead, self.mistaken) = (true, Some(mistaken));
                        Some(Item::Damage(self.totals.lost(damage)))
                    }
                    (_, None) => Some(Item::Block(Block::Unknown { block_type, len })),
                }
            }
            Ok(block) => Some(Item::Block(block)),
            Err(partial) => {
                // A list that starts well is what it says it is.
                if let Some(block) = partial.block.filter(has_entries) {
                    let damage = content_damage(&self.stream, &place, partial.what);
                    (self.inside, self.is_ahead) = (Some(damage), true);
                    return Some(Item::Block(block));
                }
                let (damage, mistaken) = faulty(&self.stream, &place, partial.what);
                (self.is_ahead, self.mistaken) = (mistaken.is_some(), mistaken);
                Some(Item::Damage(self.totals.lost(damage)))
            }
        }
    }

    /// Reads what the trace says about the machine before its first event, which stays to be read. Blocks
    /// read here are not given by [`Self::next`] again.
    ///
    /// # Errors
    /// Only if the operating system could not read.
    pub fn snapshot(&mut self) -> Result<Snapshot, Error> {
        let mut snapshot = Snapshot::default();
        loop {
            let step = self.step()?;
            self.is_ahead = true;
            match step {
                Step::Block(place) if !matches!(place.kind, Kind::Event(_)) => {
                    self.peeked = Some(Step::Block(place));
                }
                Step::Damage(damage) => self.peeked = Some(Step::Damage(damage)),
                step => {
                    self.peeked = Some(step);
                    return Ok(snapshot);
                }
            }
            if let Some(Item::Block(block)) = self.next()? {
                snapshot.absorb(block);
            }
        }
    }

    fn step(&mut self) -> Result<Step, Error> {
        self.is_ahead = false;
        // Damage inside a block comes before anything read ahead of it.
        if let Some(damage) = self.inside.take() {
            self.is_ahead = self.peeked.is_some();
            return Ok(self.named(damage));
        }
        if let Some(step) = self.peeked.take() {
            return Ok(step);
        }
        if let Some((place, block_type)) = self.mistaken.take() {
            let block = self.stream.block(&place);
            self.totals.uncount(place.kind, block.block_type, block.len);
            return Ok(Step::Block(self.stream.retype(&place, block_type)));
        }
        loop {
            match self.stream.advance(self.totals.latest_ts) {
                Ok(Step::End) => match self.files.pop_front() {
                    Some(path) => {
                        if let Err(error) = self.enter(&path) {
                            return Ok(Step::Damage(missing_file(&error)));
                        }
                    }
                    None => return Ok(Step::End),
                },
                Ok(Step::Damage(damage)) => return Ok(self.named(damage)),
                Ok(Step::Block(place)) if self.was_told(place.kind) => {}
                Ok(step) => return Ok(step),
                Err(source) => {
                    return Err(Error::Read { name: self.name.clone(), offset: self.totals.bytes, source });
                }
            }
        }
    }

    fn named(&self, damage: Damage) -> Step {
        let detail = if self.is_series { format!("{}: {}", self.name, damage.detail) } else { damage.detail };
        Step::Damage(Damage { detail, ..damage })
    }

    /// Goes on with the next file of a rotated trace.
    fn enter(&mut self, path: &Path) -> Result<(), Error> {
        let name = path.display().to_string();
        let (container, source) = source::open(open_file(path)?, &name)?;
        let next = self.stream.next_event();
        let part = part_of(path);
        let goes_on = part.as_ref().zip(self.part.as_ref()).is_some_and(|(part, (before, first))| {
            part.goes_on(before, next.saturating_sub(*first)) && part.state_events < next
        });
        self.told_before = part.as_ref().filter(|_| goes_on).map(|part| part.state_events);
        let first = next - self.told_before.unwrap_or(0);
        self.stream = Stream::new(source, first);
        if let Some(chunks) = self.reads_ahead {
            self.stream.read_ahead(chunks);
        }
        self.part = part.map(|part| (part, first));
        (self.name, self.container) = (name, container);
        Ok(())
    }

    /// Whether a block of this kind only says again what the file before told, at the start of one that goes on.
    fn was_told(&mut self, kind: Kind) -> bool {
        match (&mut self.told_before, kind) {
            (None, _) => false,
            (Some(0), Kind::Event(_)) => {
                self.told_before = None;
                false
            }
            (Some(events), Kind::Event(_)) => {
                *events -= 1;
                true
            }
            (Some(_), _) => true,
        }
    }
}

/// Which part of a recorded series a file is; `None` if it is none, or cannot be read, as will show.
fn part_of(path: &Path) -> Option<SeriesPart> {
    let manifest = native::manifest(File::open(path).ok()?).ok()??;
    SeriesPart::of(&manifest)
}

fn open_file(path: &Path) -> Result<Box<dyn Read + Send>, Error> {
    let failed = |source| Error::Open { name: path.display().to_string(), source };
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(failed(std::io::ErrorKind::IsADirectory.into()));
    }
    Ok(Box::new(file))
}

/// A file of a rotated trace that cannot be read; the others still can.
fn missing_file(error: &Error) -> Damage {
    let detail = error.to_string();
    Damage { kind: DamageKind::Truncated, start: 0, end: None, events_lost: None, detail }
}

/// Damage in the content of a block, or only in its type: then also which it should be.
#[cold]
fn faulty(stream: &Stream, place: &Place, what: &str) -> (Damage, Option<(Place, u32)>) {
    let damage = content_damage(stream, place, what);
    match mistaken::type_of(&stream.block(place), stream.is_big_endian()) {
        None => (damage, None),
        Some(block_type) => {
            let end = damage.end.map(|_| damage.start + 4);
            let detail = format!("block type is damaged, it must have been {block_type:#x}");
            let damage = Damage { kind: DamageKind::Block, end, events_lost: Some(0), detail, ..damage };
            (damage, Some((*place, block_type)))
        }
    }
}

fn has_entries(block: &Block<'_>) -> bool {
    match block {
        Block::Threads(threads) => !threads.is_empty(),
        Block::Fds { fds, .. } => !fds.is_empty(),
        Block::Interfaces(interfaces) => !interfaces.is_empty(),
        Block::Users { users, groups } => users.len() + groups.len() > 0,
        _ => true,
    }
}

#[cold]
fn content_damage(stream: &Stream, place: &Place, what: &str) -> Damage {
    let start = stream.offset(place);
    let end = stream.end(place);
    let is_event = matches!(place.kind, Kind::Event(_));
    let detail = if is_event { format!("event {}: {what}", place.num) } else { what.to_owned() };
    Damage { kind: DamageKind::Content, start, end, events_lost: Some(u64::from(is_event)), detail }
}
