//! Where `scap export` writes: one file, standard output, or a folder of partitions.

#[cfg(feature = "tables")]
pub(crate) mod parquet;
mod partitions;

use crate::output::Output;
use anyhow::{Context, Result, bail};
use partitions::{Partitions, Piece};
use scap_analyze::sink::TerminalSafe;
use scap_export::{Exporter, Format, Record, Schema, What};
use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// A file that is being written.
struct Part {
    exporter: Exporter<BufWriter<Box<dyn Write>>>,
    output: Output,
    path: PathBuf,
}

impl Part {
    fn create(path: &Path, force: bool, kind: Kind) -> Result<Self> {
        let (output, file) = Output::create(path, force)?;
        let to_terminal = path.as_os_str() == "-" && std::io::stdout().is_terminal();
        let file = if to_terminal { Box::new(TerminalSafe::new(file)) } else { file };
        let buffered = BufWriter::with_capacity(1 << 16, file);
        let exporter = Exporter::new(kind.schema, kind.format, kind.what, buffered)?;
        Ok(Self { exporter, output, path: path.to_owned() })
    }

    fn write(&mut self, record: Record<'_>) -> Result<()> {
        self.exporter.write(record).with_context(|| self.failed())
    }

    fn failed(&self) -> String {
        match self.path.as_os_str() {
            path if path == "-" => "cannot write the output".to_owned(),
            _ => format!("cannot write {}", self.path.display()),
        }
    }
}

impl Piece for Part {
    fn finish(mut self) -> Result<Output> {
        self.exporter.finish().with_context(|| self.failed())?;
        Ok(self.output)
    }
}

/// What is written.
#[derive(Clone, Copy)]
struct Kind {
    schema: Schema,
    format: Format,
    what: What,
}

/// Where records go.
pub(crate) struct Target {
    place: Place,
    records: u64,
}

enum Place {
    One { part: Box<Part>, is_file: bool },
    Folder(Partitions<Part>),
}

impl Target {
    /// Prepares `to`: a folder if it is one or ends in a slash, standard output for `-`, a file otherwise.
    ///
    /// # Errors
    /// If the format cannot hold the schema, or a file is there and not to be overwritten, or cannot be made.
    pub(crate) fn create(to: &Path, force: bool, schema: Schema, format: Format, what: What) -> Result<Self> {
        let kind = Kind { schema, format, what };
        // Told before anything is made.
        Exporter::new(schema, format, what, std::io::sink())?;
        let is_folder = to.is_dir() || to.as_os_str().as_encoded_bytes().ends_with(b"/");
        let place = if is_folder {
            let make = move |path: &Path| Part::create(path, force, kind);
            Place::Folder(Partitions::new(to.to_owned(), format.extension(), make))
        } else if to.as_os_str().is_empty() {
            bail!("--to is empty: name a folder or a file")
        } else {
            let part = Box::new(Part::create(to, force, kind)?);
            Place::One { part, is_file: to.as_os_str() != "-" }
        };
        Ok(Self { place, records: 0 })
    }

    /// Writes one record to where it belongs.
    ///
    /// # Errors
    /// If that cannot be written.
    pub(crate) fn write(&mut self, record: Record<'_>) -> Result<()> {
        self.records += 1;
        match &mut self.place {
            Place::One { part, .. } => part.write(record),
            Place::Folder(partitions) => {
                let host = record.facts.host.as_deref().unwrap_or_default();
                partitions.at(host, record.facts.time)?.write(record)
            }
        }
    }

    /// Gives every file its name. How many records were written, to how many files.
    ///
    /// # Errors
    /// If a name was taken in the meantime, or the disk fails.
    pub(crate) fn keep(self) -> Result<(u64, u64)> {
        let files = match self.place {
            Place::One { part, is_file } => {
                part.finish()?.keep()?;
                u64::from(is_file)
            }
            Place::Folder(partitions) => partitions.keep()?,
        };
        Ok((self.records, files))
    }
}
