//! Tables as Parquet, to one file or a folder of partitions.

use super::partitions::{Partitions, Piece};
use crate::output::Output;
use anyhow::{Result, anyhow};
use scap_tables::output::{ParquetSink, Sink};
use scap_tables::{Error, Places, Table, parquet};
use std::io::{BufWriter, Write};
use std::path::Path;

/// A file of rows.
struct File {
    sink: ParquetSink<BufWriter<Box<dyn Write>>>,
    output: Output,
}

impl File {
    fn create(path: &Path, force: bool, table: Table) -> Result<Self> {
        let (output, file) = Output::create(path, force)?;
        let sink =
            parquet(table, BufWriter::with_capacity(1 << 16, file)).map_err(|error| anyhow!("{error}"))?;
        Ok(Self { sink, output })
    }
}

impl Piece for File {
    fn finish(mut self) -> Result<Output> {
        self.sink.finish().map_err(|error| anyhow!("{error}"))?;
        Ok(self.output)
    }
}

/// Where rows go.
pub(crate) struct ParquetTarget {
    place: Place,
}

enum Place {
    One(Box<File>),
    /// By host and date.
    Folder(Partitions<File>),
}

impl ParquetTarget {
    /// Prepares `to` for rows of `table`: a folder if it is one or ends in a slash, a file otherwise.
    ///
    /// # Errors
    /// If a file is there and not to be overwritten, or cannot be made.
    pub(crate) fn create(to: &Path, force: bool, table: Table) -> Result<Self> {
        let is_folder = to.is_dir() || to.as_os_str().as_encoded_bytes().ends_with(b"/");
        if is_folder {
            let make = move |path: &Path| File::create(path, force, table);
            let place = Place::Folder(Partitions::new(to.to_owned(), "parquet", make));
            return Ok(Self { place });
        }
        Ok(Self { place: Place::One(Box::new(File::create(to, force, table)?)) })
    }

    /// Gives every file its name; how many there are.
    ///
    /// # Errors
    /// If what is left cannot be written.
    pub(crate) fn keep(self) -> Result<u64> {
        match self.place {
            Place::One(file) => file.finish()?.keep().map(|()| 1),
            Place::Folder(files) => files.keep(),
        }
    }
}

impl Places for ParquetTarget {
    fn sink(&mut self, host: &str, day: u64) -> Result<&mut dyn Sink, Error> {
        match &mut self.place {
            Place::One(file) => Ok(&mut file.sink),
            Place::Folder(files) => match files.at(host, day) {
                Ok(file) => Ok(&mut file.sink),
                Err(error) => Err(Error::Output(std::io::Error::other(format!("{error:#}")))),
            },
        }
    }
}
