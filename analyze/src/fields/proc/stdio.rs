//! `proc.stdin.*`, `proc.stdout.*`, `proc.stderr.*`: the three standard descriptors.

use scap_rules::{FieldArg, Value};
use scap_state::Fd;

use crate::fields::{Fields, bytes, word};

fn standard<'s>(f: &'s Fields<'_>, num: i64) -> Option<&'s Fd> {
    f.state.fd_of(f.thread?, num)
}

macro_rules! standard_fd {
    ($($name:ident, $ty:ident: $num:literal;)*) => {$(
        pub(crate) fn $name<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
            bytes(&standard(f, $num)?.name)
        }

        pub(crate) fn $ty<'s>(f: &'s Fields<'_>, _: &FieldArg) -> Option<Value<'s>> {
            word(standard(f, $num)?.ty.name())
        }
    )*};
}

standard_fd! {
    stdin_name, stdin_type: 0;
    stdout_name, stdout_type: 1;
    stderr_name, stderr_type: 2;
}
