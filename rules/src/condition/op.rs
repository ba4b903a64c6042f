//! Operators, modifiers and transformers of conditions, by name.

use std::fmt;

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the operators' own names")]
pub enum Op {
    Exists,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Contains,
    IContains,
    BContains,
    StartsWith,
    BStartsWith,
    EndsWith,
    Glob,
    IGlob,
    Regex,
    In,
    Intersects,
    PMatch,
}

impl Op {
    /// Every operator.
    pub const ALL: [Op; 19] = [
        Op::Exists,
        Op::Eq,
        Op::Ne,
        Op::Lt,
        Op::Le,
        Op::Gt,
        Op::Ge,
        Op::Contains,
        Op::IContains,
        Op::BContains,
        Op::StartsWith,
        Op::BStartsWith,
        Op::EndsWith,
        Op::Glob,
        Op::IGlob,
        Op::Regex,
        Op::In,
        Op::Intersects,
        Op::PMatch,
    ];

    /// As written in a condition. `==` is written `=`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Op::Exists => "exists",
            Op::Eq => "=",
            Op::Ne => "!=",
            Op::Lt => "<",
            Op::Le => "<=",
            Op::Gt => ">",
            Op::Ge => ">=",
            Op::Contains => "contains",
            Op::IContains => "icontains",
            Op::BContains => "bcontains",
            Op::StartsWith => "startswith",
            Op::BStartsWith => "bstartswith",
            Op::EndsWith => "endswith",
            Op::Glob => "glob",
            Op::IGlob => "iglob",
            Op::Regex => "regex",
            Op::In => "in",
            Op::Intersects => "intersects",
            Op::PMatch => "pmatch",
        }
    }

    /// The operator written `name`, `==` included.
    #[must_use]
    pub fn named(name: &str) -> Option<Op> {
        if name == "==" {
            return Some(Op::Eq);
        }
        Op::ALL.into_iter().find(|op| op.name() == name)
    }

    /// Whether the right side is a list in parentheses.
    #[must_use]
    pub const fn takes_list(self) -> bool {
        matches!(self, Op::In | Op::Intersects | Op::PMatch)
    }

    /// Whether `oneof`, `anyof` and `allof` may follow.
    #[must_use]
    pub const fn takes_modifier(self) -> bool {
        matches!(
            self,
            Op::Eq
                | Op::Ne
                | Op::Contains
                | Op::IContains
                | Op::BContains
                | Op::StartsWith
                | Op::BStartsWith
                | Op::EndsWith
                | Op::Glob
                | Op::IGlob
                | Op::Regex
        )
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How many elements of the list on the right must satisfy the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Modifier {
    /// Exactly one.
    OneOf,
    /// At least one.
    AnyOf,
    /// All, and there is one.
    AllOf,
}

impl Modifier {
    /// Every modifier.
    pub const ALL: [Modifier; 3] = [Modifier::OneOf, Modifier::AnyOf, Modifier::AllOf];

    /// As written in a condition.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Modifier::OneOf => "oneof",
            Modifier::AnyOf => "anyof",
            Modifier::AllOf => "allof",
        }
    }
}

/// A transformer of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the transformers' own names")]
pub enum Function {
    /// The value itself; tells a field from a string on the right side.
    Val,
    ToLower,
    ToUpper,
    B64,
    Basename,
    Len,
    Join,
    Concat,
    GetOpt,
}

impl Function {
    /// Every transformer but `val`, which may stand on the right side only.
    pub const TRANSFORMERS: [Function; 8] = [
        Function::ToLower,
        Function::ToUpper,
        Function::B64,
        Function::Basename,
        Function::Len,
        Function::Join,
        Function::Concat,
        Function::GetOpt,
    ];

    /// As written in a condition.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Function::Val => "val",
            Function::ToLower => "tolower",
            Function::ToUpper => "toupper",
            Function::B64 => "b64",
            Function::Basename => "basename",
            Function::Len => "len",
            Function::Join => "join",
            Function::Concat => "concat",
            Function::GetOpt => "getopt",
        }
    }
}
