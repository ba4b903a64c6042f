//! Columns that grow row by row.
//!
//! Text is kept once for each distinct value of a batch, and rows refer to it: names of processes, users and types repeat
//! by the thousand. What the engine gets then shares those bytes among all rows. Hot path: a value that was seen in the
//! batch allocates nothing.

use polars::prelude::{
    BooleanChunkedBuilder, ChunkTake, ChunkedBuilder, Column, DataType, IdxCa, Int64Type, IntoColumn,
    IntoSeries, NewChunkedArray, PlHashMap, PlSmallStr, PolarsResult, PrimitiveChunkedBuilder, Series,
    StringChunked, TimeUnit, TimeZone, UInt32Type, UInt64Type,
};
use scap_analyze::print::repaired;

use crate::cell::Cell;
use crate::schema::Type;

/// A distinct text of a batch; what rows keep of it.
pub(crate) type Code = u32;

/// A column being filled.
pub(crate) struct Store {
    name: &'static str,
    rows: Rows,
}

enum Rows {
    Text(Texts),
    Int(PrimitiveChunkedBuilder<Int64Type>),
    Uint(PrimitiveChunkedBuilder<UInt64Type>),
    Bool(BooleanChunkedBuilder),
    Time(PrimitiveChunkedBuilder<Int64Type>),
}

/// Distinct texts, and one of them a row.
struct Texts {
    codes: PlHashMap<Box<str>, Code>,
    words: Vec<Box<str>>,
    rows: PrimitiveChunkedBuilder<UInt32Type>,
}

impl Store {
    /// An empty column called `name` with room for `rows` rows.
    pub(crate) fn new(name: &'static str, ty: Type, rows: usize) -> Self {
        let title = PlSmallStr::from_static(name);
        let rows = match ty {
            Type::Text => Rows::Text(Texts {
                codes: PlHashMap::default(),
                words: Vec::new(),
                rows: PrimitiveChunkedBuilder::new(title, rows),
            }),
            Type::Int => Rows::Int(PrimitiveChunkedBuilder::new(title, rows)),
            Type::Uint => Rows::Uint(PrimitiveChunkedBuilder::new(title, rows)),
            Type::Bool => Rows::Bool(BooleanChunkedBuilder::new(title, rows)),
            Type::Time => Rows::Time(PrimitiveChunkedBuilder::new(title, rows)),
        };
        Self { name, rows }
    }

    /// Appends a row. A value of another type than the column's counts as none.
    pub(crate) fn push(&mut self, cell: &Cell<'_>) {
        match (&mut self.rows, cell) {
            (Rows::Text(texts), Cell::Bytes(bytes)) => texts.push(&repaired(bytes)),
            (Rows::Text(texts), _) => texts.rows.append_null(),
            (Rows::Int(rows), Cell::Int(value)) => rows.append_value(*value),
            (Rows::Int(rows), Cell::Uint(value)) => rows.append_option(i64::try_from(*value).ok()),
            (Rows::Int(rows), _) => rows.append_null(),
            (Rows::Uint(rows), Cell::Uint(value)) => rows.append_value(*value),
            (Rows::Uint(rows), Cell::Int(value)) => rows.append_option(u64::try_from(*value).ok()),
            (Rows::Uint(rows), _) => rows.append_null(),
            (Rows::Bool(rows), Cell::Bool(value)) => rows.append_value(*value),
            (Rows::Bool(rows), _) => rows.append_null(),
            (Rows::Time(rows), Cell::Uint(value)) => rows.append_option(i64::try_from(*value).ok()),
            (Rows::Time(rows), _) => rows.append_null(),
        }
    }

    /// The code of `text`, for [`Store::push_code`] in this batch; `None` if this is no column of text.
    pub(crate) fn code(&mut self, text: &str) -> Option<Code> {
        match &mut self.rows {
            Rows::Text(texts) => Some(texts.code(text)),
            _ => None,
        }
    }

    /// Appends a row with a text by its code, or with none.
    pub(crate) fn push_code(&mut self, code: Option<Code>) {
        if let Rows::Text(texts) = &mut self.rows {
            texts.rows.append_option(code);
        }
    }

    /// The column, done.
    ///
    /// # Errors
    /// If the engine does not take it.
    pub(crate) fn finish(self) -> PolarsResult<Column> {
        let column = match self.rows {
            Rows::Text(texts) => texts.finish(self.name)?.into_column(),
            Rows::Int(rows) => rows.finish().into_column(),
            Rows::Uint(rows) => rows.finish().into_column(),
            Rows::Bool(rows) => rows.finish().into_column(),
            Rows::Time(rows) => {
                let utc = DataType::Datetime(TimeUnit::Nanoseconds, Some(TimeZone::UTC));
                rows.finish().into_series().cast(&utc)?.into_column()
            }
        };
        Ok(column)
    }
}

impl Texts {
    fn code(&mut self, text: &str) -> Code {
        if let Some(&code) = self.codes.get(text) {
            return code;
        }
        // A batch has fewer rows than there are codes.
        let code = Code::try_from(self.words.len()).unwrap_or(Code::MAX);
        self.words.push(text.into());
        self.codes.insert(text.into(), code);
        code
    }

    fn push(&mut self, text: &str) {
        let code = self.code(text);
        self.rows.append_value(code);
    }

    fn finish(self, name: &'static str) -> PolarsResult<Series> {
        let rows: IdxCa = self.rows.finish();
        let words = StringChunked::from_iter_values(
            PlSmallStr::from_static(name),
            self.words.iter().map(AsRef::as_ref),
        );
        Ok(words.take(&rows)?.into_series())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_refer_to_the_text_that_they_were_given() {
        let mut store = Store::new("a", Type::Text, 4);
        let code = store.code("bash");
        store.push(&Cell::text(b"a rather long text that is kept apart"));
        store.push_code(code);
        store.push(&Cell::Null);
        store.push(&Cell::text(b"b\x1b\xff"));
        store.push(&Cell::text(b"bash"));
        let column = store.finish().unwrap();
        let texts: Vec<Option<&str>> = column.str().unwrap().iter().collect();
        let first = Some("a rather long text that is kept apart");
        assert_eq!(texts, [first, Some("bash"), None, Some("b\u{fffd}\u{fffd}"), Some("bash")]);
    }

    #[test]
    fn what_does_not_fit_a_column_is_missing() {
        let mut int = Store::new("i", Type::Int, 2);
        int.push(&Cell::Uint(u64::MAX));
        int.push(&Cell::Int(-3));
        let column = int.finish().unwrap();
        assert_eq!(column.i64().unwrap().iter().collect::<Vec<_>>(), [None, Some(-3)]);
        let mut time = Store::new("t", Type::Time, 1);
        time.push(&Cell::Uint(1_700_000_000_000_000_000));
        assert_eq!(time.finish().unwrap().dtype(), &Type::Time.data_type());
    }
}
