//! Rules know again what an event is about by its subject, so the subject must decide what the catalogue says it does.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic; a skipped part says so")]

use std::collections::HashMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};

use scap_analyze::catalogue::{FIELD_COUNT, row};
use scap_analyze::fields::Fields;
use scap_analyze::replay::{Cursor, walk};
use scap_format::TraceReader;
use scap_rules::{DecidedBy, Field, FieldArg, FieldId, FieldSource};

/// What fields said, by event type and what of the subject decides them.
type Said<K> = HashMap<(u16, u64, bool, K), Vec<String>>;

fn traces() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let captures =
        std::env::var("SCAP_CAPTURES").map_or_else(|_| root.join("../shared/captures"), Into::into);
    let mut all = Vec::new();
    for folder in [root.join("samples/traces"), captures] {
        match std::fs::read_dir(&folder) {
            Ok(entries) => all.extend(entries.filter_map(|entry| Some(entry.ok()?.path()))),
            Err(_) => println!("skipped: {} is not there", folder.display()),
        }
    }
    all.retain(|path| path.extension().is_some_and(|e| e == "zst" || e == "scap"));
    all
}

fn decided(by: DecidedBy) -> Vec<Field> {
    let ids = (0..FIELD_COUNT).filter_map(|id| u16::try_from(id).ok()).map(FieldId);
    let fields = ids.filter(|&id| row(id).is_some_and(|row| row.decided_by == by));
    fields.map(|id| Field { id, arg: FieldArg::None }).collect()
}

#[test]
fn events_with_equal_subjects_have_equal_fields() {
    let [by_kind, by_failure, by_subject] =
        [DecidedBy::Kind, DecidedBy::Failure, DecidedBy::Subject].map(decided);
    assert!(!by_kind.is_empty() && !by_failure.is_empty() && !by_subject.is_empty());
    let values = |fields: &Fields<'_>, of: &[Field]| -> Vec<String> {
        of.iter().map(|field| format!("{:?} {}", fields.value(field), fields.exists(field))).collect()
    };
    let (mut again, mut unknown) = (0, 0);
    let mut of_kind: Said<()> = Said::default();
    let mut of_subject: Said<(u64, [Vec<u8>; 2])> = Said::default();
    for path in traces() {
        let Ok(mut trace) = TraceReader::open(&path) else { continue };
        let visit = |fields: &Fields<'_>| -> Result<(), Infallible> {
            let Some(subject) = fields.subject() else {
                unknown += 1;
                return Ok(());
            };
            let ty = fields.event_type();
            let mut said = values(fields, &by_kind);
            if subject.failed {
                said.extend(values(fields, &by_failure));
            }
            let place = of_kind.entry((ty, subject.kind, subject.failed, ())).or_insert_with(|| said.clone());
            assert_eq!(place, &said, "event {} of {}", fields.event().num, path.display());
            let said = values(fields, &by_subject);
            let names = (subject.reading, subject.names.map(<[u8]>::to_vec));
            let place =
                of_subject.entry((ty, subject.kind, subject.failed, names)).or_insert_with(|| said.clone());
            assert_eq!(place, &said, "event {} of {}", fields.event().num, path.display());
            again += 1;
            Ok(())
        };
        // Damage ends some captures early.
        let _ = walk(&mut trace, &mut Cursor::new(), |_| {}, visit);
    }
    println!("{again} events, {} subjects of {} kinds, {unknown} without", of_subject.len(), of_kind.len());
    assert!(again > 2 * of_subject.len(), "{again} events are too few for {} subjects", of_subject.len());
}
