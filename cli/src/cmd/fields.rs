//! `scap fields`: the catalogue of fields that filters, rules and formats may use.

use crate::exit::{Outcome, say};
use anyhow::{Result, bail};
use scap_analyze::catalogue::{Listed, listing, markdown};
use std::io::Write;

/// List the fields that rules, filters and formats may use.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  scap fields\n  scap fields proc.        fields whose name contains 'proc.'\n  scap fields --format json"
)]
pub(crate) struct Args {
    /// Only fields whose name contains this.
    name: Option<String>,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Text,
    Json,
    Markdown,
}

/// Prints the catalogue.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    if let (Format::Markdown, Some(_)) = (args.format, &args.name) {
        bail!("--format markdown prints the page of all fields and takes no name");
    }
    let wanted = |field: &Listed| args.name.as_ref().is_none_or(|part| field.name.contains(part.as_str()));
    let fields: Vec<Listed> = listing().into_iter().filter(wanted).collect();
    if let (true, Some(part)) = (fields.is_empty(), &args.name) {
        say(&format!("scap: no field has {part:?} in its name; `scap fields` lists all"));
    }
    let mut out = std::io::stdout().lock();
    match args.format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&fields)?)?,
        Format::Markdown => write!(out, "{}", markdown())?,
        Format::Text => fields.iter().try_for_each(|field| line(&mut out, field))?,
    }
    Ok(Outcome::Done)
}

fn line(out: &mut impl Write, field: &Listed) -> std::io::Result<()> {
    // The catalogue marks an argument that may be left out by brackets of its own.
    let argument = field.argument.trim_start_matches('[').trim_end_matches(']');
    let argument = if argument.is_empty() { String::new() } else { format!("[{argument}]") };
    let list = if field.list { " list" } else { "" };
    write!(
        out,
        "{:<34} {:<10} {}",
        format!("{}{argument}", field.name),
        format!("{}{list}", field.ty),
        field.description
    )?;
    match (field.available, field.note) {
        (false, Some(note)) => write!(out, " (never known from a trace: {note})")?,
        (true, Some(note)) => write!(out, " ({note})")?,
        (_, None) => {}
    }
    if let Some(instead) = field.deprecated {
        write!(out, " (deprecated: use {instead})")?;
    }
    writeln!(out)
}
