//! Codes of load problems, as Falco names them.

/// What kind of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the codes' own names; `title` says what each is about")]
pub enum Code {
    ErrFileRead,
    ErrYamlParse,
    ErrYamlValidate,
    ErrCompileCondition,
    ErrCompileOutput,
    ErrValidate,
    UnknownSource,
    UnsafeNaCheck,
    NoEvttype,
    UnknownFilter,
    UnusedMacro,
    UnusedList,
    UnknownItem,
    DeprecatedItem,
    AppendNoValues,
    ExceptionNameNotUnique,
    InvalidMacroName,
    InvalidListName,
    CompileCondition,
    UnknownKey,
}

impl Code {
    /// Every code.
    pub const ALL: [Code; 20] = [
        Code::ErrFileRead,
        Code::ErrYamlParse,
        Code::ErrYamlValidate,
        Code::ErrCompileCondition,
        Code::ErrCompileOutput,
        Code::ErrValidate,
        Code::UnknownSource,
        Code::UnsafeNaCheck,
        Code::NoEvttype,
        Code::UnknownFilter,
        Code::UnusedMacro,
        Code::UnusedList,
        Code::UnknownItem,
        Code::DeprecatedItem,
        Code::AppendNoValues,
        Code::ExceptionNameNotUnique,
        Code::InvalidMacroName,
        Code::InvalidListName,
        Code::CompileCondition,
        Code::UnknownKey,
    ];

    /// Falco's spelling.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Code::ErrFileRead => "LOAD_ERR_FILE_READ",
            Code::ErrYamlParse => "LOAD_ERR_YAML_PARSE",
            Code::ErrYamlValidate => "LOAD_ERR_YAML_VALIDATE",
            Code::ErrCompileCondition => "LOAD_ERR_COMPILE_CONDITION",
            Code::ErrCompileOutput => "LOAD_ERR_COMPILE_OUTPUT",
            Code::ErrValidate => "LOAD_ERR_VALIDATE",
            Code::UnknownSource => "LOAD_UNKNOWN_SOURCE",
            Code::UnsafeNaCheck => "LOAD_UNSAFE_NA_CHECK",
            Code::NoEvttype => "LOAD_NO_EVTTYPE",
            Code::UnknownFilter => "LOAD_UNKNOWN_FILTER",
            Code::UnusedMacro => "LOAD_UNUSED_MACRO",
            Code::UnusedList => "LOAD_UNUSED_LIST",
            Code::UnknownItem => "LOAD_UNKNOWN_ITEM",
            Code::DeprecatedItem => "LOAD_DEPRECATED_ITEM",
            Code::AppendNoValues => "LOAD_APPEND_NO_VALUES",
            Code::ExceptionNameNotUnique => "LOAD_EXCEPTION_NAME_NOT_UNIQUE",
            Code::InvalidMacroName => "LOAD_INVALID_MACRO_NAME",
            Code::InvalidListName => "LOAD_INVALID_LIST_NAME",
            Code::CompileCondition => "LOAD_COMPILE_CONDITION",
            Code::UnknownKey => "LOAD_UNKNOWN_KEY",
        }
    }

    /// What it is about, in a few words.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Code::ErrFileRead => "the file cannot be read",
            Code::ErrYamlParse => "not valid YAML",
            Code::ErrYamlValidate => "an item is not built as it should be",
            Code::ErrCompileCondition => "a condition does not compile",
            Code::ErrCompileOutput => "an output does not compile",
            Code::ErrValidate => "an item contradicts itself or others",
            Code::UnknownSource => "unknown event source, the rule is skipped",
            Code::UnsafeNaCheck => "comparison with <NA>",
            Code::NoEvttype => "the condition matches too many event types",
            Code::UnknownFilter => "unknown field or event type, the rule is skipped",
            Code::UnusedMacro => "the macro is never used",
            Code::UnusedList => "the list is never used",
            Code::UnknownItem => "unknown kind of item",
            Code::DeprecatedItem => "deprecated",
            Code::AppendNoValues => "an exception is appended without values",
            Code::ExceptionNameNotUnique => "two exceptions of one name",
            Code::InvalidMacroName => "no rule can refer to a macro of this name",
            Code::InvalidListName => "no rule can refer to a list of this name",
            Code::CompileCondition => "a condition looks mistaken",
            Code::UnknownKey => "unknown key, it is ignored",
        }
    }

    /// Whether it keeps rules from loading.
    #[must_use]
    pub const fn is_error(self) -> bool {
        matches!(
            self,
            Code::ErrFileRead
                | Code::ErrYamlParse
                | Code::ErrYamlValidate
                | Code::ErrCompileCondition
                | Code::ErrCompileOutput
                | Code::ErrValidate
        )
    }
}
