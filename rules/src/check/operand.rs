//! Fields and transformers resolved.

use super::{CheckError, Extract, ExtractKind};
use crate::condition::{Function, Operand};
use crate::field::{ArgKind, Compare, DecidedBy, Field, FieldArg, FieldDef, FieldScheme, Scope};
use crate::source::Place;
use crate::value::FieldType;

/// Resolves `operand`.
pub(crate) fn operand(operand: &Operand, scheme: &dyn FieldScheme) -> Result<Extract, CheckError> {
    match operand {
        Operand::Field { name, arg, place } => field(name, arg.as_deref(), *place, scheme),
        Operand::Text(literal) => Ok(text(ExtractKind::Text(literal.bytes.clone()))),
        Operand::List { items, .. } => {
            let items: Vec<Extract> =
                items.iter().map(|item| self::operand(item, scheme)).collect::<Result<_, _>>()?;
            let scope = scope(&items);
            Ok(Extract { list: true, scope, ..text(ExtractKind::List(items)) })
        }
        Operand::Call { function, args, arg, place } => {
            let args = args.iter().map(|arg| self::operand(arg, scheme)).collect::<Result<Vec<_>, _>>()?;
            call(*function, args, arg.as_deref()).map_err(|message| CheckError::new(message, *place))
        }
    }
}

fn text(kind: ExtractKind) -> Extract {
    Extract {
        kind,
        ty: FieldType::CharBuf,
        list: false,
        compare: Compare::Whole,
        scope: Scope::Process,
        decided_by: DecidedBy::More,
        transformable: true,
        comparable: true,
        event_type: false,
        event_number: false,
    }
}

/// The scope of the part that changes most.
fn scope(parts: &[Extract]) -> Scope {
    parts.iter().map(|part| part.scope).max().unwrap_or(Scope::Process)
}

fn field(
    name: &str,
    arg: Option<&str>,
    place: Place,
    scheme: &dyn FieldScheme,
) -> Result<Extract, CheckError> {
    let (def, base, key) = look_up(name, arg, scheme).ok_or_else(|| unknown(name, place, scheme))?;
    let arg = match key {
        Some(key) => FieldArg::Key(key.to_owned()),
        None => argument(base, &def, arg).map_err(|message| CheckError::new(message, place))?,
    };
    let field = Field { id: def.id, arg };
    let ty = scheme
        .check(&field)
        .map_err(|message| CheckError { unknown: true, ..CheckError::new(message, place) })?;
    Ok(Extract {
        kind: ExtractKind::Field(field),
        ty,
        list: def.list,
        compare: def.compare,
        scope: def.scope,
        decided_by: def.decided_by,
        transformable: def.transformable,
        comparable: def.comparable_to_field,
        event_type: base == "evt.type",
        event_number: base == "evt.num",
    })
}

/// The row of a field, its name without argument, and the key that follows it after a dot.
pub(super) fn look_up<'n>(
    name: &'n str,
    arg: Option<&str>,
    scheme: &dyn FieldScheme,
) -> Option<(FieldDef, &'n str, Option<&'n str>)> {
    if let Some(def) = scheme.field(name) {
        return Some((def, name, None));
    }
    if arg.is_some() {
        return None;
    }
    let dots = name.rmatch_indices('.').map(|(at, _)| at);
    dots.filter_map(|at| Some((name.get(..at)?, name.get(at + 1..)?))).find_map(|(base, key)| {
        let def = scheme.field(base)?;
        takes_key(def.arg).then_some((def, base, Some(key)))
    })
}

fn takes_key(kind: ArgKind) -> bool {
    matches!(
        kind,
        ArgKind::OptionalKey
            | ArgKind::RequiredKey
            | ArgKind::OptionalIndexOrKey
            | ArgKind::RequiredIndexOrKey
    )
}

fn unknown(name: &str, place: Place, scheme: &dyn FieldScheme) -> CheckError {
    CheckError {
        message: format!("there is no field `{name}`"),
        place,
        suggestion: crate::report::nearest(name, scheme.names()).map(str::to_owned),
        unknown: true,
    }
}

fn argument(name: &str, def: &FieldDef, arg: Option<&str>) -> Result<FieldArg, String> {
    let Some(arg) = arg else {
        return match def.arg {
            ArgKind::RequiredIndex => Err(format!("`{name}` needs a number in brackets")),
            ArgKind::RequiredKey | ArgKind::RequiredIndexOrKey => Err(format!("`{name}` needs an argument")),
            _ => Ok(FieldArg::None),
        };
    };
    let digits = !arg.is_empty() && arg.bytes().all(|b| b.is_ascii_digit());
    let index = || arg.parse().map(FieldArg::Index).map_err(|_| format!("the index `{arg}` is too large"));
    match def.arg {
        ArgKind::None => Err(format!("`{name}` takes no argument")),
        ArgKind::OptionalIndex | ArgKind::RequiredIndex if digits => index(),
        ArgKind::OptionalIndex | ArgKind::RequiredIndex => {
            Err(format!("the argument of `{name}` must be a number, not `{arg}`"))
        }
        ArgKind::OptionalIndexOrKey | ArgKind::RequiredIndexOrKey if digits => index(),
        _ => Ok(FieldArg::Key(arg.to_owned())),
    }
}

fn call(function: Function, mut args: Vec<Extract>, option: Option<&str>) -> Result<Extract, String> {
    let name = function.name();
    if option.is_some() && function != Function::GetOpt {
        return Err(format!("`{name}` takes no argument in brackets"));
    }
    if matches!(function, Function::Join | Function::Concat | Function::GetOpt) {
        return call_of_many(function, args, option);
    }
    let (Some(arg), true) = (args.pop(), args.is_empty()) else {
        return Err(format!("`{name}` takes one argument"));
    };
    if function == Function::Val {
        return Ok(arg);
    }
    if !arg.transformable {
        return Err(format!("`{name}` cannot be applied to this field"));
    }
    let string = matches!(arg.ty, FieldType::CharBuf | FieldType::FsPath);
    let (fits, ty, list) = match function {
        Function::Len => (string || arg.list || arg.ty == FieldType::ByteBuf, FieldType::Uint64, false),
        Function::B64 => (matches!(arg.ty, FieldType::CharBuf | FieldType::ByteBuf), arg.ty, arg.list),
        _ => (string, arg.ty, arg.list),
    };
    if !fits {
        return Err(format!("`{name}` does not take values of type {}", arg.ty.name()));
    }
    let (scope, comparable, event_type) = (arg.scope, arg.comparable, arg.event_type);
    let kind = ExtractKind::Call { function, args: vec![arg], option: None };
    Ok(Extract { ty, list, scope, comparable, event_type, ..text(kind) })
}

fn call_of_many(function: Function, args: Vec<Extract>, option: Option<&str>) -> Result<Extract, String> {
    let string = |arg: &Extract| arg.ty == FieldType::CharBuf;
    match (function, args.as_slice()) {
        (Function::Join, [separator, list]) => {
            if separator.list || !list.list {
                return Err("`join` takes a separator and a list".to_owned());
            }
        }
        (Function::GetOpt, [list, letters]) => {
            if !list.list || letters.list || !string(list) || !string(letters) {
                return Err("`getopt` takes a list of strings and the letters of the options".to_owned());
            }
        }
        (Function::Concat, [_, _, ..]) => {
            if args.iter().any(|arg| arg.list || !string(arg)) {
                return Err("`concat` takes single strings".to_owned());
            }
        }
        (Function::Concat, _) => return Err("`concat` takes at least two arguments".to_owned()),
        _ => return Err(format!("`{}` takes two arguments", function.name())),
    }
    let option = match option.map(str::as_bytes) {
        None => None,
        Some(&[letter]) => Some(letter),
        Some(_) => return Err("the argument of `getopt` in brackets is one letter".to_owned()),
    };
    let scope = scope(&args);
    let list = function == Function::GetOpt && option.is_none();
    Ok(Extract { list, scope, ..text(ExtractKind::Call { function, args, option }) })
}
