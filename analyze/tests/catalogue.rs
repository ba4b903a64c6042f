//! Every field of the catalogue can be written in conditions and outputs, with the arguments it takes.

use scap_analyze::catalogue::{self, Row, Scheme};
use scap_rules::{ArgKind, FieldType, Filter, Template};

/// The ways to write a field, by the arguments it takes.
fn spellings(row: &Row) -> Vec<String> {
    let name = row.name;
    let key = match name {
        "evt.arg" | "evt.rawarg" => "flags",
        "evt.type.is" => "open",
        "evt.abspath" => "src",
        _ => "memory",
    };
    match row.arg {
        ArgKind::None => vec![name.to_owned()],
        ArgKind::OptionalIndex => vec![name.to_owned(), format!("{name}[1]")],
        ArgKind::RequiredIndex => vec![format!("{name}[1]")],
        ArgKind::OptionalKey => vec![name.to_owned(), format!("{name}.{key}")],
        ArgKind::RequiredKey => vec![format!("{name}.{key}")],
        ArgKind::OptionalIndexOrKey => vec![name.to_owned(), format!("{name}[1]"), format!("{name}[{key}]")],
        ArgKind::RequiredIndexOrKey => vec![format!("{name}[1]"), format!("{name}[{key}]")],
    }
}

/// A literal that fits values of the type.
fn literal(ty: FieldType) -> &'static str {
    match ty {
        FieldType::Bool => "true",
        FieldType::IpAddr => "127.0.0.1",
        FieldType::IpNet => "10.0.0.0/8",
        FieldType::CharBuf | FieldType::FsPath | FieldType::ByteBuf => "execve",
        _ => "1",
    }
}

#[test]
fn every_field_stands_in_conditions() {
    for row in catalogue::rows() {
        for field in spellings(row) {
            let op = if row.list { "intersects" } else { "=" };
            let literal = match row {
                _ if row.list => "(file)",
                _ if row.dynamic => "1",
                _ => literal(row.ty),
            };
            for condition in [format!("{field} exists"), format!("{field} {op} {literal}")] {
                // Intervals are asked for with a literal only.
                if row.name == "evt.around" && condition.ends_with("exists") {
                    continue;
                }
                let compiled = Filter::compile(&condition, &Scheme);
                assert!(compiled.is_ok(), "{condition}: {:?}", compiled.err());
            }
        }
    }
}

#[test]
fn every_field_stands_in_outputs_under_its_own_name() {
    for row in catalogue::rows() {
        for field in spellings(row) {
            let template = Template::parse(&format!("%{field} "), &Scheme);
            let template = template.unwrap_or_else(|error| panic!("{field}: {error}"));
            let names: Vec<_> = template.fields.iter().map(|field| field.name.as_str()).collect();
            assert_eq!(names, [field.as_str()]);
        }
    }
}
