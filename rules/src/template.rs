//! Outputs: text with fields in it.
//!
//! `%field`, `%field[arg]`, `%transformer(field)` and `%20field` (cut or filled up to 20 characters) stand for values;
//! `%%` is a percent sign; everything else is itself. A `*` at the beginning means that the text is printed even
//! where values are missing; outputs of rules always are. As in libsinsp's `eventformatter`, a field ends where
//! the longest name ends that exists: `%fd.name.txt` is `fd.name` and `.txt`.
//!
//! Gives segments; how a value prints is for the caller to know.

use std::sync::Arc;

use crate::check::{self, Extract, ExtractKind};
use crate::condition::{Operand, parse_operand, parse_operand_at};
use crate::eval::extract;
use crate::field::{Field, FieldScheme, FieldSource};
use crate::source::{MappedText, Place};
use crate::value::{FieldType, Value};

/// Text with fields in it.
#[derive(Debug, Clone)]
pub struct Template {
    /// What is printed, in order.
    pub segments: Vec<Segment>,
    /// Whether it began with `*`: printed even where values are missing.
    pub tolerant: bool,
    /// Falco's `output_fields`: every field that occurs, also within transformers, and every outermost
    /// transformer; in order of occurrence, repeated if they occur repeatedly.
    pub fields: Vec<OutputField>,
}

/// A part of a template.
#[derive(Debug, Clone)]
pub enum Segment {
    /// Itself.
    Text(String),
    /// A value.
    Value {
        /// Which.
        extractor: Extractor,
        /// Number of characters it is cut or filled up to; 0: as long as it is.
        width: usize,
    },
}

/// One of Falco's `output_fields`.
#[derive(Debug, Clone)]
pub struct OutputField {
    /// The key it has there.
    pub name: String,
    /// Whether it is a transformer, which Falco leaves out of the JSON unless asked.
    pub transformed: bool,
    /// Its value.
    pub extractor: Extractor,
}

/// A field or transformer that can be asked for its values.
#[derive(Debug, Clone)]
pub struct Extractor {
    extract: Arc<Extract>,
}

impl Extractor {
    /// Type of its values.
    #[must_use]
    pub fn ty(&self) -> FieldType {
        self.extract.ty
    }

    /// Whether it has any number of values.
    #[must_use]
    pub fn is_list(&self) -> bool {
        self.extract.list
    }

    /// The field, if it is one and not a transformer.
    #[must_use]
    pub fn field(&self) -> Option<&Field> {
        match &self.extract.kind {
            ExtractKind::Field(field) => Some(field),
            _ => None,
        }
    }

    /// Its value as of the event; `None` if it is missing. Of a list, see [`Extractor::values`].
    pub fn value<'s, S: FieldSource + ?Sized>(&'s self, source: &'s S) -> Option<Value<'s>> {
        extract::value(&self.extract, source)
    }

    /// Appends its values to `out`; tells whether it is there at all.
    pub fn values<'s, S: FieldSource + ?Sized>(&'s self, source: &'s S, out: &mut Vec<Value<'s>>) -> bool {
        extract::values(&self.extract, source, out)
    }
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub place: Place,
    /// Byte offset in the text.
    pub offset: usize,
    /// The field that was probably meant.
    pub suggestion: Option<String>,
    /// Whether it is a field that does not exist.
    pub(crate) unknown: bool,
}

impl Template {
    /// Reads `text`, e.g. of the option `-p`.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(text: &str, scheme: &dyn FieldScheme) -> Result<Template, TemplateError> {
        let mut errors = Vec::new();
        let template = Template::parse_mapped(&MappedText::verbatim(text), scheme, &mut errors);
        match errors.into_iter().next() {
            None => Ok(template),
            Some(error) => Err(error),
        }
    }

    /// Reads `text`; adds everything that is wrong with it to `errors`.
    pub(crate) fn parse_mapped(
        text: &MappedText,
        scheme: &dyn FieldScheme,
        errors: &mut Vec<TemplateError>,
    ) -> Template {
        let tolerant = text.as_str().starts_with('*');
        let mut reader = Reader {
            text,
            scheme,
            at: usize::from(tolerant),
            template: Template { segments: Vec::new(), tolerant, fields: Vec::new() },
        };
        if text.as_str().is_empty() {
            errors.push(reader.error("an output must not be empty"));
        }
        while let Some(rest) = text.as_str().get(reader.at..).filter(|rest| !rest.is_empty()) {
            let percent = memchr::memchr(b'%', rest.as_bytes()).unwrap_or(rest.len());
            reader.literal(rest.get(..percent).unwrap_or(rest));
            reader.at += percent;
            if percent < rest.len()
                && let Err(error) = reader.value()
            {
                errors.push(error);
            }
        }
        reader.template
    }
}

struct Reader<'t> {
    text: &'t MappedText,
    scheme: &'t dyn FieldScheme,
    at: usize,
    template: Template,
}

impl Reader<'_> {
    fn error(&self, message: &str) -> TemplateError {
        TemplateError {
            message: message.to_owned(),
            place: self.text.place(self.at),
            offset: self.at,
            suggestion: None,
            unknown: false,
        }
    }

    fn literal(&mut self, text: &str) {
        if let Some(Segment::Text(last)) = self.template.segments.last_mut() {
            last.push_str(text);
        } else if !text.is_empty() {
            self.template.segments.push(Segment::Text(text.to_owned()));
        }
    }

    /// Reads what follows a percent sign at the cursor.
    fn value(&mut self) -> Result<(), TemplateError> {
        self.at += 1;
        let rest = self.text.as_str().get(self.at..).unwrap_or("");
        if rest.starts_with('%') {
            self.literal("%");
            self.at += 1;
            return Ok(());
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let width = rest.get(..digits).unwrap_or("").parse().unwrap_or(0).min(MAX_WIDTH);
        if digits == rest.len() {
            let error = self.error("a `%` at the end; write `%%` for a percent sign");
            self.at += digits;
            return Err(error);
        }
        self.at += digits;
        let (operand, extract, len) = self.longest()?;
        let extractor = Extractor { extract: Arc::new(extract) };
        self.at += len;
        self.output_fields(&operand);
        self.template.fields.push(OutputField {
            name: operand.output_name(),
            transformed: !matches!(operand, Operand::Field { .. }),
            extractor: extractor.clone(),
        });
        self.template.segments.push(Segment::Value { extractor, width });
        Ok(())
    }

    /// The longest field or transformer at the cursor that exists, and its length.
    fn longest(&self) -> Result<(Operand, Extract, usize), TemplateError> {
        let (operand, len) = parse_operand_at(self.text, self.at)
            .map_err(|error| self.unknown(&format!("`%` must be followed by a field: {error}"), None))?;
        let first_error = match check::operand(&operand, self.scheme) {
            Ok(extract) => return Ok((operand, extract, len)),
            Err(error) => error,
        };
        let whole = self.text.from(self.at);
        for shorter in (1..len).rev().filter(|&shorter| whole.as_str().is_char_boundary(shorter)) {
            let mut prefix = MappedText::default();
            prefix.append_range(&whole, 0, shorter);
            if let Ok((operand, len)) = parse_operand(&prefix)
                && let Ok(extract) = check::operand(&operand, self.scheme)
            {
                return Ok((operand, extract, len));
            }
        }
        Err(self.unknown(&first_error.message, first_error.suggestion))
    }

    fn unknown(&self, message: &str, suggestion: Option<String>) -> TemplateError {
        TemplateError { suggestion, unknown: true, ..self.error(message) }
    }

    /// Adds the fields within a transformer.
    fn output_fields(&mut self, operand: &Operand) {
        let (Operand::Call { args: inner, .. } | Operand::List { items: inner, .. }) = operand else {
            return;
        };
        for operand in inner {
            if matches!(operand, Operand::Field { .. })
                && let Ok(extract) = check::operand(operand, self.scheme)
            {
                let extractor = Extractor { extract: Arc::new(extract) };
                let name = operand.output_name();
                self.template.fields.push(OutputField { name, transformed: false, extractor });
            }
            self.output_fields(operand);
        }
    }
}

/// Widest value that a template may ask for.
const MAX_WIDTH: usize = 4096;
