//! The catalogue as rules see it: names to definitions, arguments checked, events by name.
//!
//! Field names and argument names come from the tables; nothing here depends on an event.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use scap_format::Event;
use scap_rules::{ArgKind, DecidedBy, Field, FieldArg, FieldDef, FieldScheme, FieldType};
use scap_schema::{EVENT_COUNT, ParamType, code};

use super::{by_name, row, rows};

/// Fields of the catalogue and events of the schema.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scheme;

impl FieldScheme for Scheme {
    fn field(&self, name: &str) -> Option<FieldDef> {
        by_name(name).map(|(id, row)| row.def(id))
    }

    fn check(&self, field: &Field) -> Result<FieldType, String> {
        let row = row(field.id).ok_or_else(|| format!("there is no field number {}", field.id.0))?;
        if let Some(wanted) = misfit(row.arg, &field.arg) {
            return Err(format!("field `{}` {wanted}", row.name));
        }
        match (row.name, &field.arg) {
            ("evt.arg", FieldArg::Key(name)) => {
                parameter_type(name).map(|_| row.ty).ok_or_else(|| no_parameter(name))
            }
            ("evt.rawarg", FieldArg::Key(name)) => {
                let ty = parameter_type(name).ok_or_else(|| no_parameter(name))?;
                raw_type(ty).ok_or_else(|| {
                    format!("argument `{name}` cannot be compared unresolved; use `evt.arg.{name}`")
                })
            }
            ("evt.type.is", FieldArg::Key(name)) if scap_schema::events().iter().all(|e| e.name != name) => {
                Err(format!("no event is called `{name}`"))
            }
            ("evt.abspath", FieldArg::Key(which)) if which != "src" && which != "dst" => {
                Err(format!("`evt.abspath` takes `src` or `dst`, not `{which}`"))
            }
            _ => Ok(row.ty),
        }
    }

    fn names(&self) -> Vec<&'static str> {
        rows().iter().map(|row| row.name).collect()
    }

    fn decided_by(&self, field: &Field) -> DecidedBy {
        match (row(field.id), &field.arg) {
            (Some(row), FieldArg::Key(key)) if row.name == "evt.arg" && key == "flags" => DecidedBy::Kind,
            (Some(row), FieldArg::None) => row.decided_by,
            _ => DecidedBy::More,
        }
    }

    fn event_type_count(&self) -> usize {
        EVENT_COUNT
    }

    fn event_types_named(&self, name: &str) -> Vec<u16> {
        EVENTS_BY_NAME.get(name).cloned().unwrap_or_default()
    }

    fn event_type_name(&self, ty: u16) -> Option<&str> {
        match ty {
            // These carry their name in a parameter.
            code::GENERIC_X | code::ASYNCEVENT_E => None,
            _ => scap_schema::event(ty).map(|event| event.name),
        }
    }

    fn unfiltered_event_types(&self) -> Vec<u16> {
        vec![code::ASYNCEVENT_E]
    }
}

/// What is wrong with `arg` for a field that takes `kind`; `None` if nothing is.
fn misfit(kind: ArgKind, arg: &FieldArg) -> Option<&'static str> {
    let fits = match kind {
        ArgKind::None => matches!(arg, FieldArg::None),
        ArgKind::OptionalIndex => matches!(arg, FieldArg::None | FieldArg::Index(_)),
        ArgKind::RequiredIndex => matches!(arg, FieldArg::Index(_)),
        ArgKind::OptionalKey => matches!(arg, FieldArg::None | FieldArg::Key(_)),
        ArgKind::RequiredKey => matches!(arg, FieldArg::Key(_)),
        ArgKind::OptionalIndexOrKey => true,
        ArgKind::RequiredIndexOrKey => !matches!(arg, FieldArg::None),
    };
    if fits {
        return None;
    }
    Some(match kind {
        ArgKind::None => "takes no argument",
        ArgKind::OptionalIndex => "takes a number as argument, or nothing",
        ArgKind::RequiredIndex => "needs a number as argument",
        ArgKind::OptionalKey => "takes a name as argument, or nothing",
        ArgKind::RequiredKey => "needs a name as argument",
        ArgKind::OptionalIndexOrKey | ArgKind::RequiredIndexOrKey => "needs a number or a name as argument",
    })
}

fn no_parameter(name: &str) -> String {
    format!("no event has an argument called `{name}`")
}

/// Type of the first parameter called `name` in the schema.
fn parameter_type(name: &str) -> Option<ParamType> {
    PARAMETERS.get(name).copied()
}

static PARAMETERS: LazyLock<FxHashMap<&'static str, ParamType>> = LazyLock::new(|| {
    let mut by_name = FxHashMap::default();
    for param in scap_schema::events().iter().flat_map(|event| event.params) {
        by_name.entry(param.name).or_insert(param.ty);
    }
    by_name
});

static EVENTS_BY_NAME: LazyLock<FxHashMap<&'static str, Vec<u16>>> = LazyLock::new(|| {
    let mut by_name: FxHashMap<&'static str, Vec<u16>> = FxHashMap::default();
    for event in scap_schema::events() {
        by_name.entry(event.name).or_default().push(event.code);
    }
    // A call without an event type of its own comes as a generic event that names the call.
    for call in scap_schema::syscalls() {
        let codes = by_name.entry(call.name).or_default();
        if !codes.contains(&call.exit) {
            codes.push(call.exit);
        }
    }
    by_name
});

/// Type under which the bytes of a parameter compare; `None` where they cannot.
fn raw_type(ty: ParamType) -> Option<FieldType> {
    use FieldType as F;
    use ParamType as P;
    Some(match ty {
        P::Int8 => F::Int8,
        P::Int16 => F::Int16,
        P::Int32 => F::Int32,
        P::Int64 | P::Errno | P::Fd | P::Pid => F::Int64,
        P::Fd32 | P::Pid32 => F::Int32,
        P::Uint8 | P::SigType | P::L4Proto | P::SockFamily | P::Flags8 | P::EnumFlags8 => F::Uint8,
        P::Uint16 | P::SyscallId | P::Flags16 | P::EnumFlags16 => F::Uint16,
        P::Uint32 | P::Uid | P::Gid | P::SigSet | P::Mode | P::Flags32 | P::EnumFlags32 => F::Uint32,
        P::Uint64 => F::Uint64,
        P::Port => F::Port,
        P::CharBuf => F::CharBuf,
        P::FsPath | P::FsRelPath => F::FsPath,
        P::ByteBuf | P::CharBufArray | P::CharBufPairArray => F::ByteBuf,
        P::RelTime => F::RelTime,
        P::AbsTime => F::AbsTime,
        P::Bool => F::Bool,
        P::Double => F::Double,
        P::Ipv4Addr | P::Ipv6Addr | P::IpAddr => F::IpAddr,
        P::Ipv4Net | P::Ipv6Net | P::IpNet => F::IpNet,
        P::SockAddr | P::SockTuple | P::FdList | P::Dyn => return None,
    })
}

/// Type of the event's parameter that `field` names; `None` if it has none that compares.
pub(crate) fn raw_type_of(event: &Event<'_>, field: &Field) -> Option<FieldType> {
    let FieldArg::Key(name) = &field.arg else { return None };
    let info = event.info()?;
    raw_type(info.params.get(info.param_index(name)?)?.ty)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, arg: FieldArg) -> Field {
        let (id, _) = by_name(name).expect("a field of the catalogue");
        Field { id, arg }
    }

    #[test]
    fn arguments_are_checked_against_the_schema() {
        assert_eq!(Scheme.check(&field("evt.arg", FieldArg::Key("flags".into()))), Ok(FieldType::CharBuf));
        assert!(Scheme.check(&field("evt.arg", FieldArg::Key("nonsense".into()))).is_err());
        assert!(Scheme.check(&field("evt.arg", FieldArg::None)).is_err());
        assert_eq!(Scheme.check(&field("proc.aname", FieldArg::Index(2))), Ok(FieldType::CharBuf));
        assert!(Scheme.check(&field("proc.name", FieldArg::Index(2))).is_err());
    }

    #[test]
    fn a_raw_argument_has_the_type_of_its_parameter() {
        assert_eq!(Scheme.check(&field("evt.rawarg", FieldArg::Key("res".into()))), Ok(FieldType::Int64));
        assert_eq!(Scheme.check(&field("evt.rawarg", FieldArg::Key("path".into()))), Ok(FieldType::FsPath));
    }

    #[test]
    fn a_call_without_an_event_of_its_own_is_found_as_a_generic_event() {
        assert_eq!(Scheme.event_types_named("getuid"), Scheme.event_types_named("getuid"));
        assert!(Scheme.event_types_named("clock_gettime").contains(&scap_schema::code::GENERIC_X));
        assert!(Scheme.event_types_named("openat").contains(&scap_schema::code::SYSCALL_OPENAT_2_X));
        assert!(Scheme.event_types_named("no such call").is_empty());
    }
}
