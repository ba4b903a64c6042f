//! What can be asked, for people and for the documentation.

use super::Format;
use crate::exit::Outcome;
use anyhow::{Result, bail};
use scap_tables::Table;
use scap_tables::queries::QUERIES;
use std::fmt::Write as _;
use std::io::Write as _;

/// Prints the tables and their columns.
pub(super) fn tables(format: Format) -> Result<Outcome> {
    print(&match format {
        Format::Markdown => tables_markdown()?,
        Format::Table => tables_text()?,
        _ => bail!("--tables is printed as a table or as markdown"),
    })
}

/// Prints the questions that have a name.
pub(super) fn queries(format: Format) -> Result<Outcome> {
    let mut out = String::new();
    for query in QUERIES {
        match format {
            Format::Table => {
                writeln!(out, "@{}: {}", query.name, query.about)?;
                query.sql.lines().try_for_each(|line| writeln!(out, "    {line}"))?;
            }
            Format::Markdown => {
                writeln!(out, "- **`@{}`** {}\n\n  ```sql", query.name, query.about)?;
                query.sql.lines().try_for_each(|line| writeln!(out, "  {line}"))?;
                writeln!(out, "  ```")?;
            }
            _ => bail!("--queries is printed as a table or as markdown"),
        }
    }
    print(&out)
}

fn print(text: &str) -> Result<Outcome> {
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(Outcome::Done)
}

fn tables_text() -> Result<String> {
    let mut out = String::new();
    for table in Table::ALL {
        let columns = table.columns();
        writeln!(out, "{}: {}", table.name(), table.about())?;
        for column in &columns {
            writeln!(out, "    {:<16} {:<18}  {}", column.name, column.ty.name(), column.about)?;
        }
    }
    Ok(out)
}

fn tables_markdown() -> Result<String> {
    let mut out = String::new();
    for table in Table::ALL {
        writeln!(out, "## {}\n\n{}.\n", table.name(), table.about())?;
        writeln!(out, "| column | type | |\n|---|---|---|")?;
        for column in table.columns() {
            let about = column.about.replace('|', "\\|");
            writeln!(out, "| `{}` | {} | {about} |", column.name, column.ty)?;
        }
        out.push('\n');
    }
    Ok(out.trim_end().to_owned() + "\n")
}
