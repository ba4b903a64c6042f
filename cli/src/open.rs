//! Opens traces for reading to the end, with a progress bar once that takes longer than a second.

use anyhow::Result;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use scap_format::TraceReader;
use scap_format::source::{self, Input, Parts};
use std::fs::File;
use std::io::{Read, Result as IoResult, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long a reading may take before a bar appears.
const PATIENCE: Duration = Duration::from_secs(1);

/// The traces among `paths`: folders are searched, rotated files joined, `-` is standard input.
///
/// # Errors
/// If a folder cannot be read or has no trace in it.
pub(crate) fn inputs(paths: &[PathBuf]) -> Result<Vec<Input>> {
    Ok(scap_format::source::inputs(paths)?)
}

/// What to call `input` in messages.
pub(crate) fn name(input: &Input) -> String {
    match input.files.as_slice() {
        [one] if one.as_os_str() == "-" => "standard input".into(),
        [one] => one.display().to_string(),
        [first, rest @ ..] => format!("{} and {} more", first.display(), rest.len()),
        [] => String::new(),
    }
}

/// Opens `input`.
///
/// # Errors
/// If it cannot be read, is empty, or no trace.
pub(crate) fn trace(input: &Input) -> Result<TraceReader> {
    let trace = match input.files.as_slice() {
        [one] if one.as_os_str() == "-" => TraceReader::stdin()?,
        [one] => match File::open(one).and_then(|file| Ok((file.metadata()?, file))) {
            Ok((about, file)) if about.is_file() => TraceReader::from_reader(
                Box::new(Watched::new(file, about.len())),
                &one.display().to_string(),
            )?,
            _ => TraceReader::open(one)?,
        },
        several => TraceReader::open_series(several)?,
    };
    Ok(trace)
}

/// Opens `input` for replay, in parts where it has them.
///
/// # Errors
/// If it cannot be read, is empty, or no trace.
pub(crate) fn parts(input: &Input) -> Result<Parts> {
    if let [one] = input.files.as_slice() {
        let name = one.display().to_string();
        if one.as_os_str() == "-" {
            return Ok(source::parts(Box::new(std::io::stdin()), "standard input")?);
        }
        if let Ok(file) = File::open(one)
            && let Ok(about) = file.metadata()
            && about.is_file()
        {
            return Ok(source::seekable_parts(Box::new(Watched::new(file, about.len())), &name)?);
        }
    }
    Ok(Parts::Other(Box::new(trace(input)?)))
}

/// A file whose reading is shown on a terminal.
struct Watched {
    file: File,
    bar: ProgressBar,
    since: Instant,
}

impl Watched {
    fn new(file: File, len: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(len), ProgressDrawTarget::hidden());
        // The template is a constant that the library takes.
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {bytes} of {total_bytes}, {eta} left") {
            bar.set_style(style);
        }
        Self { file, bar, since: Instant::now() }
    }
}

impl Read for Watched {
    fn read(&mut self, buf: &mut [u8]) -> IoResult<usize> {
        let count = self.file.read(buf)?;
        self.bar.inc(count as u64);
        if self.bar.is_hidden() && self.since.elapsed() > PATIENCE {
            // Draws nothing unless stderr is a terminal.
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        if count == 0 {
            self.bar.finish_and_clear();
        }
        Ok(count)
    }
}

impl Seek for Watched {
    fn seek(&mut self, to: SeekFrom) -> IoResult<u64> {
        let at = self.file.seek(to)?;
        self.bar.set_position(at);
        Ok(at)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
