//! A question, answered.

use super::{Args, Format, traces};
use crate::exit::Outcome;
use crate::output::Output;
use crate::{open, range};
use anyhow::{Context, Result, anyhow, bail};
use scap_tables::output::{CsvSink, JsonLinesSink, MarkdownSink, ParquetSink, Sink, TableSink};
use scap_tables::{Question, Statement, Table, queries};
use std::io::{BufWriter, IsTerminal, Write};
use std::path::PathBuf;

/// Answers the question of `args`.
pub(super) fn run(args: &Args) -> Result<Outcome> {
    let (paths, text) = split(args)?;
    let statement = Statement::parse(&sql(&text)?).map_err(|mistake| anyhow!("{mistake}"))?;
    let filter = args.filter.as_deref().map(range::filter).transpose()?;
    let inputs = open::inputs(&paths)?;
    let asks_rules = statement.tables().iter().any(|table| matches!(table, Table::Alerts | Table::Processes));
    let rules = asks_rules.then(|| args.rules.load()).transpose()?;
    let named = traces::Named::each(&inputs);
    let asked = traces::all(&named, &args.range, filter.as_ref())?;
    let question = Question {
        traces: &asked,
        rules: rules.as_ref(),
        memory: usize::try_from(u64::from(args.memory) << 20).unwrap_or(usize::MAX),
    };
    let (output, out) = args.output()?;
    let mut sink = args.sink(out);
    let mut outcome = Outcome::Done;
    let answered =
        question.answer(&statement, &mut |name, note| traces::tell(name, &note, &mut outcome), sink.as_mut());
    answered.map_err(|error| match error {
        scap_tables::Error::Output(error) => anyhow::Error::from(error),
        error => anyhow!("{error}"),
    })?;
    drop(sink);
    traces::open_unread(&named, &mut outcome);
    output.map_or(Ok(()), Output::keep)?;
    Ok(outcome)
}

/// The traces, and the question behind them.
fn split(args: &Args) -> Result<(Vec<PathBuf>, String)> {
    let [traces @ .., question] = args.items.as_slice() else {
        bail!("name a trace and then the question: scap query t.zst 'SELECT * FROM events LIMIT 10'");
    };
    let question = question.to_str().context("the question is not UTF-8")?.to_owned();
    if traces.is_empty() {
        let meant = if std::path::Path::new(&question).exists() {
            "a question in SQL"
        } else {
            "a trace in front of it"
        };
        bail!("{question:?} is all there is: {meant} is missing");
    }
    Ok((traces.iter().map(PathBuf::from).collect(), question))
}

/// The SQL of `question`, which may be a name.
fn sql(question: &str) -> Result<String> {
    let Some(name) = question.strip_prefix('@') else { return Ok(question.to_owned()) };
    match queries::named(name) {
        Ok(query) => Ok(query.sql.to_owned()),
        Err(nearest) => {
            let meant = nearest.map(|name| format!("; did you mean `@{name}`?")).unwrap_or_default();
            bail!("there is no question `@{name}`{meant} (--queries lists them)")
        }
    }
}

impl Args {
    /// Where rows are written, and the file that this makes.
    fn output(&self) -> Result<(Option<Output>, Box<dyn Write>)> {
        let Some(path) = &self.output else {
            if self.format == Format::Parquet && std::io::stdout().is_terminal() {
                bail!("Parquet is nothing for a terminal: name a file by -o");
            }
            return Ok((None, Box::new(std::io::stdout())));
        };
        let (output, out) = Output::create(path, self.force)?;
        Ok((Some(output), out))
    }

    fn sink(&self, out: Box<dyn Write>) -> Box<dyn Sink> {
        let terminal = self.output.is_none() && std::io::stdout().is_terminal();
        let out = BufWriter::with_capacity(1 << 16, out);
        let out: Box<dyn Write> = match self.format {
            // Tables and Parquet see to it themselves; of the others, no control character may get through.
            Format::Csv | Format::Jsonl | Format::Markdown if terminal => {
                Box::new(scap_analyze::sink::TerminalSafe::new(out))
            }
            _ => Box::new(out),
        };
        match self.format {
            Format::Table => {
                Box::new(TableSink::new(out, self.width.map(usize::from).or_else(|| terminal.then(width))))
            }
            Format::Csv => Box::new(CsvSink::new(out)),
            Format::Jsonl => Box::new(JsonLinesSink::new(out)),
            Format::Parquet => Box::new(ParquetSink::new(out)),
            Format::Markdown => Box::new(MarkdownSink::new(out)),
        }
    }
}

/// Columns of the terminal.
fn width() -> usize {
    terminal_size::terminal_size().map_or(100, |(terminal_size::Width(columns), _)| usize::from(columns))
}
