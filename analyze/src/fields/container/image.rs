//! `container.image*`: what the container was started from.

use scap_rules::{FieldArg, Value};

use super::described;
use crate::fields::{Fields, bytes};

pub(crate) fn image<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    bytes(described(f)?.image.as_bytes())
}

pub(crate) fn id<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    bytes(described(f)?.image_id.as_bytes())
}

pub(crate) fn repository<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    bytes(described(f)?.image_repo.as_bytes())
}

pub(crate) fn tag<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    bytes(described(f)?.image_tag.as_bytes())
}

pub(crate) fn digest<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
    bytes(described(f)?.image_digest.as_bytes())
}
