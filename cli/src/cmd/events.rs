//! `scap events`: the catalogue of event types.

use crate::exit::{Outcome, say};
use scap_schema::{EventFlags, EventInfo, ParamDetail, ParamInfo};
use serde_json::{Value, json};
use std::io::Write;

/// List the event types that traces can hold.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  scap events\n  scap events open          types whose name contains 'open'\n  scap events --all --format json"
)]
pub(crate) struct Args {
    /// Only types whose name contains this.
    name: Option<String>,
    /// Also the enter events and old versions that only older captures hold.
    #[arg(long)]
    all: bool,
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
pub(crate) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let rows: Vec<&EventInfo> = scap_schema::events().iter().filter(|row| wanted(args, row)).collect();
    if let (true, Some(part)) = (rows.is_empty(), &args.name) {
        let more = if args.all { "" } else { ", at least not of those that are current (--all)" };
        say(&format!("scap: no event type has {part:?} in its name{more}"));
    }
    let mut out = std::io::stdout().lock();
    match args.format {
        Format::Text => rows.iter().try_for_each(|row| {
            writeln!(out, "{:>3} {} {}({})", row.code, direction(row), row.name, params(row))
        })?,
        Format::Json => {
            let rows: Vec<Value> = rows.iter().map(|row| as_json(row)).collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&rows)?)?;
        }
        Format::Markdown => {
            writeln!(out, "| code | dir | name | category | parameters |\n|---|---|---|---|---|")?;
            rows.iter().try_for_each(|row| {
                let dir = if row.is_enter() { "`>`" } else { "`<`" };
                let params = row.params.iter().map(param_markdown).collect::<Vec<_>>().join(", ");
                writeln!(out, "| {} | {dir} | `{}` | {:?} | {params} |", row.code, row.name, row.category)
            })?;
        }
    }
    Ok(Outcome::Done)
}

fn wanted(args: &Args, row: &EventInfo) -> bool {
    let current = !row.flags.has(EventFlags::OLD);
    let exists = !row.flags.has(EventFlags::UNUSED);
    exists && (args.all || current) && args.name.as_ref().is_none_or(|part| row.name.contains(part.as_str()))
}

fn direction(row: &EventInfo) -> char {
    if row.is_enter() { '>' } else { '<' }
}

fn params(row: &EventInfo) -> String {
    row.params.iter().map(param).collect::<Vec<_>>().join(", ")
}

fn param(p: &ParamInfo) -> String {
    let ty = format!("{:?}", p.ty).to_lowercase();
    match p.detail {
        ParamDetail::Flags(set) => format!("{}: {ty} {}", p.name, set.name),
        _ => format!("{}: {ty}", p.name),
    }
}

fn param_markdown(p: &ParamInfo) -> String {
    let ty = format!("{:?}", p.ty).to_lowercase();
    match p.detail {
        ParamDetail::Flags(set) => format!("`{}`: {ty} *{}*", p.name, set.name),
        _ => format!("`{}`: {ty}", p.name),
    }
}

fn as_json(row: &EventInfo) -> Value {
    let params: Vec<Value> = row
        .params
        .iter()
        .map(|p| {
            let flags: Option<Vec<Value>> = match p.detail {
                ParamDetail::Flags(set) => Some(
                    set.values.iter().map(|(name, value)| json!({"name": name, "value": value})).collect(),
                ),
                _ => None,
            };
            json!({"name": p.name, "type": format!("{:?}", p.ty).to_lowercase(), "flags": flags})
        })
        .collect();
    json!({
        "code": row.code,
        "id": row.id,
        "name": row.name,
        "enter": row.is_enter(),
        "category": format!("{:?}", row.category).to_lowercase(),
        "old": row.flags.has(EventFlags::OLD),
        "params": params,
    })
}
