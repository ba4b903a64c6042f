//! Compares fields, conditions and alerts with what Falco says of the same captures.
//!
//! `oracle [fields|conditions|alerts]…` reads captures from `$SCAP_CAPTURES` (default `../shared/captures`) and
//! Falco's answers from the directory `oracle` beside it, and prints the share of equal answers. With
//! `ORACLE_SHOW=field` it prints every difference of that field; `ORACLE_CAPTURE=name` limits it to one capture.
#![allow(clippy::print_stdout, reason = "the comparison is printed")]

mod alerts;
mod conditions;
mod fields;

use std::path::PathBuf;

/// Where captures and answers are.
struct Places {
    captures: PathBuf,
    oracle: PathBuf,
    /// The only capture to look at.
    only: Option<String>,
}

impl Places {
    fn new() -> Option<Self> {
        let captures =
            std::env::var_os("SCAP_CAPTURES").map_or_else(|| "../shared/captures".into(), PathBuf::from);
        let oracle = captures.parent()?.join("oracle");
        oracle.is_dir().then(|| Self { captures, oracle, only: std::env::var("ORACLE_CAPTURE").ok() })
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(places) = Places::new() else {
        println!("no captures: set SCAP_CAPTURES");
        return Ok(());
    };
    let mut wanted: Vec<String> = std::env::args().skip(1).collect();
    if wanted.is_empty() {
        wanted = ["fields", "conditions", "alerts"].map(str::to_owned).into();
    }
    for what in wanted {
        match what.as_str() {
            "fields" => fields::compare(&places)?,
            "conditions" => conditions::compare(&places)?,
            "alerts" => alerts::compare(&places)?,
            other => println!("no comparison called {other}"),
        }
    }
    Ok(())
}
