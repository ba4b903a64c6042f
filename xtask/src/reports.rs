//! Reports of `scap test` against the validators of others.
//!
//! Runs a suite that fails and one that passes in every format. TAP goes through `prove`, JUnit through an XSD by
//! `lxml`, SARIF through its JSON schema by `jsonschema`; the schemas are whoever's runs this. What is not there is
//! skipped by name.

use anyhow::{Context, Result, bail, ensure};
use std::path::Path;
use std::process::Command;

use crate::tools::{Folder, workspace};

/// A suite that fails in every way there is, names that formats must escape among them.
const FAILING: &str = "suite: '<&\"#: %'
tests:
  - { name: '# a ::error:: ]]> test', trace: TRACE, only: true, expect: [{ rule: System log wiped, count: 7 }] }
  - { trace: TRACE, forbid: ['System*'] }
  - { trace: TRACE, skip: '# not now', only: true }
";

/// Python that validates XML by a schema.
const BY_XSD: &str = "import sys; from lxml import etree
schema = etree.XMLSchema(etree.parse(sys.argv[1]))
document = etree.parse(sys.argv[2])
sys.exit(None if schema.validate(document) else str(schema.error_log))";

/// Python that validates JSON by a schema.
const BY_JSON_SCHEMA: &str = "import sys, json, jsonschema
jsonschema.validate(json.load(open(sys.argv[2])), json.load(open(sys.argv[1])))";

/// Validates reports; `schemas` are files that end in `.xsd` (JUnit) or `.json` (SARIF).
///
/// # Errors
/// If a validator finds fault.
pub(crate) fn validate(schemas: &[String]) -> Result<String> {
    let folder = Folder::new("reports")?;
    let trace = workspace()?.join("samples/traces/intruder.zst");
    std::fs::write(folder.at("x.suite.yaml"), FAILING.replace("TRACE", &trace.display().to_string()))?;
    let mut said = Vec::new();
    let suites =
        [(folder.at("x.suite.yaml"), 1), (workspace()?.join("samples/suite.yaml").display().to_string(), 0)];
    for (suite, code) in &suites {
        let tap = report(&folder, suite, "tap", *code)?;
        said.push(by_prove(&folder, &tap, *code == 0)?);
        let (junit, sarif) =
            (report(&folder, suite, "junit", *code)?, report(&folder, suite, "sarif", *code)?);
        for schema in schemas {
            let (script, document) =
                if schema.ends_with(".xsd") { (BY_XSD, &junit) } else { (BY_JSON_SCHEMA, &sarif) };
            said.push(by_python(script, schema, document)?);
        }
    }
    if !schemas.iter().any(|schema| schema.ends_with(".xsd")) {
        said.push("junit: skipped, no XSD given".to_owned());
    }
    if !schemas.iter().any(|schema| schema.ends_with(".json")) {
        said.push("sarif: skipped, no JSON schema given".to_owned());
    }
    Ok(said.join("\n"))
}

/// Writes a report of `suite`; gives where it is.
fn report(folder: &Folder, suite: &str, format: &str, code: i32) -> Result<String> {
    let file = folder.at(&format!("{code}.{format}"));
    let program = std::env::current_exe()?.with_file_name("scap");
    let ran = Command::new(&program)
        .args(["test", suite, "--format", format, "--output", &file])
        .output()
        .with_context(|| format!("{}: build it with `cargo build -p scap`", program.display()))?;
    ensure!(ran.status.code() == Some(code), "scap test ended with {}: {}", ran.status, text(&ran.stderr));
    Ok(file)
}

fn by_prove(folder: &Folder, file: &str, passes: bool) -> Result<String> {
    let script = folder.at("print.sh");
    std::fs::write(&script, format!("cat '{file}'\n"))?;
    let Ok(ran) = Command::new("prove").args(["--exec", "sh", &script]).output() else {
        return Ok("tap: skipped, there is no `prove`".to_owned());
    };
    let out = text(&ran.stdout);
    let understood = !out.contains("Parse errors") && out.contains("Tests=");
    ensure!(understood && ran.status.success() == passes, "prove: {out}{}", text(&ran.stderr));
    Ok(format!("tap: prove says {}", if passes { "PASS" } else { "FAIL, as it should" }))
}

fn by_python(script: &str, schema: &str, document: &str) -> Result<String> {
    let name =
        Path::new(schema).file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let Ok(ran) = Command::new(python).args(["-c", script, schema, document]).output() else {
        return Ok(format!("{name}: skipped, there is no `python3`"));
    };
    let err = text(&ran.stderr);
    if err.contains("ModuleNotFoundError") {
        return Ok(format!("{name}: skipped, python3 lacks `lxml` or `jsonschema`"));
    }
    if !ran.status.success() {
        bail!("{name}: {err}");
    }
    Ok(format!("{name}: {document} is valid"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
