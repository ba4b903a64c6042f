//! Every field answers every event, whatever its parameters hold.

use proptest::prelude::*;
use scap_analyze::catalogue::{self, FIELD_COUNT};
use scap_analyze::fields::Fields;
use scap_format::EventBuf;
use scap_rules::{ArgKind, Field, FieldArg, FieldId, FieldSource as _};
use scap_schema::{EVENT_COUNT, ParamType};
use scap_state::State;

/// Arguments worth asking a field with.
fn arguments(kind: ArgKind) -> Vec<FieldArg> {
    let key = |name: &str| FieldArg::Key(name.to_owned());
    match kind {
        ArgKind::None => vec![FieldArg::None],
        _ => vec![
            FieldArg::None,
            FieldArg::Index(0),
            FieldArg::Index(1),
            FieldArg::Index(u64::MAX),
            key("dst"),
            key("fd"),
            key("PATH"),
            key("(["),
            key(""),
        ],
    }
}

/// Asks everything that can be asked.
fn ask_everything(fields: &Fields<'_>) {
    let mut text = Vec::new();
    for id in (0..FIELD_COUNT).filter_map(|id| u16::try_from(id).ok()) {
        let row = catalogue::row(FieldId(id)).expect("a row of the table");
        for arg in arguments(row.arg) {
            let field = Field { id: FieldId(id), arg };
            let mut values = Vec::new();
            let there = fields.values(&field, &mut values);
            assert!(there || values.is_empty(), "{} is missing but has values", row.name);
            let _ = (fields.exists(&field), fields.json(&field));
            text.clear();
            fields.write_text(&field, &mut text);
            let text = std::str::from_utf8(&text).expect("text is UTF-8");
            assert!(!text.chars().any(char::is_control), "{} prints control characters", row.name);
        }
    }
}

/// Bytes for a parameter of type `ty`: of the right length as often as not.
fn parameter(ty: ParamType) -> BoxedStrategy<Vec<u8>> {
    let any = proptest::collection::vec(any::<u8>(), 0..40);
    let small = prop_oneof![Just(0i64), Just(-1), Just(3), Just(-100), Just(100), Just(1)];
    match ty.fixed_len() {
        Some(8) => prop_oneof![small.prop_map(|n| n.to_le_bytes().to_vec()), any].boxed(),
        Some(len) => prop_oneof![proptest::collection::vec(proptest::num::u8::ANY, len), any].boxed(),
        None => prop_oneof![
            Just(b"/tmp/../etc/passwd\0".to_vec()),
            Just(b"rel//ative\0".to_vec()),
            Just(b"PATH=/bin\0X=\x1b[2J\0".to_vec()),
            any
        ]
        .boxed(),
    }
}

/// One event of any type with parameters as its schema has them, or fewer.
fn event() -> impl Strategy<Value = EventBuf> {
    let code = 0..u16::try_from(EVENT_COUNT).unwrap_or(u16::MAX);
    (code, prop_oneof![Just(1i64), Just(100), Just(-1), any::<i64>()], any::<u64>()).prop_flat_map(
        |(code, tid, ts)| {
            let types: Vec<ParamType> = scap_schema::event(code)
                .map(|info| info.params.iter().map(|param| param.ty).collect())
                .unwrap_or_default();
            let params: Vec<_> = types.into_iter().map(parameter).collect();
            (params, any::<proptest::sample::Index>()).prop_map(move |(params, kept)| {
                let mut event = EventBuf::new(code, ts, tid);
                let kept = kept.index(params.len() * 2 + 1);
                for param in params.iter().take(kept) {
                    event.push(param);
                }
                event
            })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_event_makes_a_field_panic_or_print_control_characters(
        events in proptest::collection::vec(event(), 1..12)
    ) {
        let mut state = State::new();
        for event in &events {
            let event = event.as_event();
            state.apply(&event);
            ask_everything(&Fields::new(event, &state));
        }
    }
}
