//! Which operators fit which types.

use super::Extract;
use crate::condition::Op;
use crate::value::FieldType;

/// Whether `left` can be compared with `op`; if not, why.
pub(super) fn operator(op: Op, left: &Extract) -> Result<(), String> {
    let fits = match op {
        Op::Exists => true,
        _ if left.list => return list_operator(op, left.ty),
        _ => match left.ty {
            FieldType::CharBuf | FieldType::FsPath => !matches!(op, Op::BContains | Op::BStartsWith),
            FieldType::ByteBuf => matches!(
                op,
                Op::Eq
                    | Op::Ne
                    | Op::Contains
                    | Op::In
                    | Op::StartsWith
                    | Op::EndsWith
                    | Op::Intersects
                    | Op::BContains
                    | Op::BStartsWith
            ),
            FieldType::Bool | FieldType::IpAddr | FieldType::IpNet => {
                matches!(op, Op::Eq | Op::Ne | Op::In | Op::Intersects)
            }
            _ => matches!(op, Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::In | Op::Intersects),
        },
    };
    if fits {
        Ok(())
    } else {
        Err(format!("operator `{op}` does not fit a field of type {}", left.ty.name()))
    }
}

fn list_operator(op: Op, ty: FieldType) -> Result<(), String> {
    let comparable = matches!(
        ty,
        FieldType::CharBuf
            | FieldType::Uint64
            | FieldType::RelTime
            | FieldType::AbsTime
            | FieldType::Bool
            | FieldType::IpAddr
            | FieldType::IpNet
    );
    if !comparable {
        return Err(format!("a list of type {} cannot be compared", ty.name()));
    }
    match op {
        Op::In | Op::Intersects => Ok(()),
        _ => Err(format!("operator `{op}` does not fit a list; there are in, intersects and exists")),
    }
}

/// Whether two fields can be compared with `op`; if not, why.
pub(super) fn fields(op: Op, left: &Extract, right: &Extract) -> Result<(), String> {
    if matches!(op, Op::PMatch | Op::Regex) {
        return Err(format!("operator `{op}` does not compare with a field, only with literals"));
    }
    if left.ty == FieldType::IpNet {
        return Err("a field of type IPNET compares with networks written out only".to_owned());
    }
    if !left.comparable {
        return Err("the field on the left compares with literals only".to_owned());
    }
    if !right.comparable {
        return Err("this field cannot stand on the right side".to_owned());
    }
    if (left.ty, left.list) != (right.ty, right.list) {
        return Err(format!("{} on the left, {} on the right", describe(left), describe(right)));
    }
    Ok(())
}

fn describe(extract: &Extract) -> String {
    format!("{}{}", if extract.list { "a list of " } else { "" }, extract.ty.name())
}
