//! Events to batches of rows: only the columns that a query needs.
//!
//! **Hot path.** What depends on the process alone, or on it and what surrounds it, is asked once for each version of it
//! and batch; of an event, only what its own columns need. A value that was seen in the batch allocates nothing.

use polars::prelude::{DataFrame, PlHashMap, PolarsResult};
use scap_analyze::catalogue;
use scap_analyze::fields::Fields;
use scap_rules::{Field, FieldArg, FieldSource as _, Scope, Value};

use crate::cell::Cell;
use crate::schema::{Column, Type};
use crate::store::{Code, Store};
use crate::tables::events::Source;

/// Cells of a batch: what it takes in memory is about the same for any number of columns.
const CELLS: usize = 1 << 20;
/// Rows of a batch, at least and at most.
const ROWS: (usize, usize) = (1 << 12, 1 << 17);

/// Fills batches.
pub(crate) struct Gatherer {
    columns: Vec<Column<Source>>,
    readers: Vec<Reader>,
    stores: Vec<Store>,
    /// What lasts as long as a process does not change, and what lasts as long as nothing around it does either.
    lasting: [Lasting; 2],
    rows: usize,
    most: usize,
    trace: String,
    text: Vec<u8>,
}

/// How a column is read.
#[derive(Debug, Clone)]
enum Reader {
    Trace(Option<Code>),
    Num,
    Time,
    Text(Texts),
    /// A number, or yes or no.
    Value(Field),
    /// Text that was found for the process: which of the two sorts, and where among its columns.
    Lasting(usize, usize),
    /// The schema has no such field.
    Nothing,
}

/// How a text is read.
#[derive(Debug, Clone)]
enum Texts {
    Field(Field),
    Ancestors,
    Error(Field),
}

/// Texts by the version of the process that they are about.
#[derive(Debug, Default)]
struct Lasting {
    /// Which columns, and how each is read.
    columns: Vec<(usize, Texts)>,
    known: PlHashMap<(u64, u64), Box<[Option<Code>]>>,
    /// Those of the last event.
    present: Option<(u64, u64)>,
    codes: Box<[Option<Code>]>,
}

impl Gatherer {
    /// A gatherer of `columns` of the trace called `trace`.
    pub(crate) fn new(columns: Vec<Column<Source>>, trace: &str) -> Self {
        let mut lasting = [Lasting::default(), Lasting::default()];
        let readers =
            columns.iter().enumerate().map(|(at, column)| reader(at, column, &mut lasting)).collect();
        let most = (CELLS / columns.len().max(1)).clamp(ROWS.0, ROWS.1);
        let mut gatherer = Self {
            columns,
            readers,
            stores: Vec::new(),
            lasting,
            rows: 0,
            most,
            trace: trace.to_owned(),
            text: Vec::new(),
        };
        gatherer.begin();
        gatherer
    }

    /// Whether the batch is full.
    pub(crate) fn is_full(&self) -> bool {
        self.rows >= self.most
    }

    /// Rows in the batch.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Appends the event of `fields`.
    pub(crate) fn push(&mut self, fields: &Fields<'_>) {
        self.rows += 1;
        for sort in 0..self.lasting.len() {
            self.find(sort, fields);
        }
        let Self { readers, stores, lasting, text, .. } = self;
        for (reader, store) in readers.iter().zip(stores) {
            match reader {
                Reader::Trace(code) => store.push_code(*code),
                Reader::Num => store.push(&Cell::Uint(fields.event().num)),
                Reader::Time => store.push(&Cell::Uint(fields.event().ts)),
                Reader::Lasting(sort, at) => {
                    let found = lasting.get(*sort).and_then(|lasting| lasting.codes.get(*at));
                    store.push_code(found.copied().flatten());
                }
                Reader::Text(texts) => {
                    let code = read(texts, fields, text).and_then(|text| store.code(text));
                    store.push_code(code);
                }
                Reader::Value(field) => store.push(&value(field, fields)),
                Reader::Nothing => store.push(&Cell::Null),
            }
        }
    }

    /// The batch, and begins another.
    ///
    /// # Errors
    /// If the engine does not take it.
    pub(crate) fn take(&mut self) -> PolarsResult<DataFrame> {
        let (rows, stores) = (self.rows, std::mem::take(&mut self.stores));
        self.begin();
        let columns = stores.into_iter().map(Store::finish).collect::<PolarsResult<Vec<_>>>()?;
        DataFrame::new(rows, columns)
    }

    fn begin(&mut self) {
        self.rows = 0;
        self.stores = self.columns.iter().map(|c| Store::new(c.name, c.ty, self.most)).collect();
        for lasting in &mut self.lasting {
            lasting.known.clear();
            lasting.present = None;
        }
        for (reader, store) in self.readers.iter_mut().zip(&mut self.stores) {
            if let Reader::Trace(code) = reader {
                *code = store.code(&self.trace);
            }
        }
    }

    /// Finds the texts of the process of `fields`, or asks for them.
    fn find(&mut self, sort: usize, fields: &Fields<'_>) {
        let Some(lasting) = self.lasting.get_mut(sort) else { return };
        if lasting.columns.is_empty() {
            return;
        }
        let epoch = if sort == PROCESS { Some(0) } else { fields.epoch() };
        let key = fields.process_version().zip(epoch);
        if key.is_some() && key == lasting.present {
            return;
        }
        lasting.present = key;
        if let Some(codes) = key.and_then(|key| lasting.known.get(&key)) {
            lasting.codes.clone_from(codes);
            return;
        }
        let (stores, text) = (&mut self.stores, &mut self.text);
        lasting.codes = lasting
            .columns
            .iter()
            .map(|(at, texts)| read(texts, fields, text).and_then(|text| stores.get_mut(*at)?.code(text)))
            .collect();
        if let Some(key) = key {
            lasting.known.insert(key, lasting.codes.clone());
        }
    }
}

/// Place of what depends on the process alone.
const PROCESS: usize = 0;
/// Place of what depends on what surrounds it too.
const SURROUNDINGS: usize = 1;

fn reader(at: usize, column: &Column<Source>, lasting: &mut [Lasting; 2]) -> Reader {
    let mut keep = |sort: usize, texts: Texts| {
        let Some(lasting) = lasting.get_mut(sort) else { return Reader::Nothing };
        lasting.columns.push((at, texts));
        Reader::Lasting(sort, lasting.columns.len() - 1)
    };
    match column.source {
        Source::Trace => Reader::Trace(None),
        Source::Num => Reader::Num,
        Source::Time => Reader::Time,
        Source::Ancestors => keep(SURROUNDINGS, Texts::Ancestors),
        Source::Error => {
            field("evt.res", FieldArg::None).map_or(Reader::Nothing, |f| Reader::Text(Texts::Error(f)))
        }
        Source::Arg(name) => field("evt.arg", FieldArg::Key(name.to_owned()))
            .map_or(Reader::Nothing, |field| Reader::Text(Texts::Field(field))),
        Source::Field(name) => {
            let Some((id, row)) = catalogue::by_name(name) else { return Reader::Nothing };
            let field = Field { id, arg: FieldArg::None };
            match (column.ty, row.scope) {
                (Type::Text, Scope::Process) => keep(PROCESS, Texts::Field(field)),
                (Type::Text, Scope::Surroundings) => keep(SURROUNDINGS, Texts::Field(field)),
                (Type::Text, Scope::Event) => Reader::Text(Texts::Field(field)),
                _ => Reader::Value(field),
            }
        }
    }
}

fn field(name: &str, arg: FieldArg) -> Option<Field> {
    Some(Field { id: catalogue::by_name(name)?.0, arg })
}

/// A text of the event; `None` where there is none, or it is only said that there is none.
fn read<'t>(texts: &Texts, fields: &Fields<'_>, out: &'t mut Vec<u8>) -> Option<&'t str> {
    out.clear();
    match texts {
        Texts::Field(field) => {
            if !fields.write_text(field, out) {
                return None;
            }
        }
        Texts::Error(field) => {
            if !fields.write_text(field, out) || out == b"SUCCESS" {
                return None;
            }
        }
        Texts::Ancestors => ancestors(fields, out),
    }
    // What is printed is repaired, so that this finds nothing wrong with it.
    std::str::from_utf8(out).ok().filter(|text| !text.is_empty() && *text != "<NA>")
}

/// Generations that are told: a forged trace may have any number.
const MOST_ANCESTORS: usize = 64;

fn ancestors(fields: &Fields<'_>, out: &mut Vec<u8>) {
    let state = fields.state();
    let Some(main) = fields.thread().and_then(|thread| state.main_thread(thread)) else { return };
    for (n, thread) in state.ancestors(main).take(MOST_ANCESTORS).enumerate() {
        if n > 0 {
            out.extend_from_slice(b" < ");
        }
        out.extend_from_slice(scap_analyze::print::repaired(&thread.exec.comm).as_bytes());
    }
}

fn value(field: &Field, fields: &Fields<'_>) -> Cell<'static> {
    match fields.value(field) {
        Some(Value::Int(value)) => Cell::Int(value),
        Some(Value::Uint(value)) => Cell::Uint(value),
        Some(Value::Bool(value)) => Cell::Bool(value),
        _ => Cell::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::events::COLUMNS;

    #[test]
    fn every_column_of_events_has_somewhere_to_come_from() {
        for (at, column) in COLUMNS.iter().enumerate() {
            let reader = reader(at, column, &mut [Lasting::default(), Lasting::default()]);
            assert!(!matches!(reader, Reader::Nothing), "{}", column.name);
        }
    }
}
