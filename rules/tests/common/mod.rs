//! A catalogue of fields for tests, and events made of them.
#![allow(dead_code, clippy::unwrap_used, reason = "every test uses a part of it, and may panic")]

use std::collections::{BTreeMap, HashMap};

use scap_rules::{
    ArgKind, Compare, DecidedBy, Field, FieldArg, FieldDef, FieldId, FieldScheme, FieldSource, FieldType,
    Scope, Subject, Value,
};

/// Fields by name, in the order of their ids.
pub(crate) struct Scheme {
    names: Vec<&'static str>,
    defs: HashMap<&'static str, FieldDef>,
    pub(crate) event_names: Vec<&'static str>,
}

impl Scheme {
    pub(crate) fn new() -> Scheme {
        let mut event_names = vec!["open", "open", "execve", "execve", "connect", "close", "setuid", ""];
        // The last type is called what its events say, as libsinsp's generic events are.
        event_names.extend(["read"; 120]);
        Scheme { names: Vec::new(), defs: HashMap::new(), event_names }
    }

    /// Every kind of field there is, some under names that rules use.
    pub(crate) fn standard() -> Scheme {
        use FieldType::*;
        let mut scheme = Scheme::new();
        for (name, ty) in [
            ("evt.type", CharBuf),
            ("evt.dir", CharBuf),
            ("evt.num", Uint64),
            ("evt.rawtime", AbsTime),
            ("evt.latency", RelTime),
            ("evt.cpu", Int16),
            ("evt.is_io", Bool),
            ("evt.is_open_write", Bool),
            ("evt.buffer", ByteBuf),
            ("evt.args", CharBuf),
            ("evt.source", CharBuf),
            ("evt.rawres", Int64),
            ("evt.res", CharBuf),
            ("fd.name", FsPath),
            ("fd.directory", CharBuf),
            ("fd.filename", CharBuf),
            ("fd.num", Int64),
            ("fd.typechar", CharBuf),
            ("fd.type", CharBuf),
            ("fd.cip", IpAddr),
            ("fd.sip", IpAddr),
            ("fd.snet", IpNet),
            ("fd.sport", Port),
            ("fd.dev", Int32),
            ("proc.name", CharBuf),
            ("proc.pname", CharBuf),
            ("proc.cmdline", CharBuf),
            ("proc.exepath", CharBuf),
            ("proc.pid", Int64),
            ("proc.is_exe_writable", Bool),
            ("thread.cpu", Double),
            ("user.uid", Uint32),
            ("user.name", CharBuf),
            ("container.id", CharBuf),
            ("container.image.repository", CharBuf),
            ("evt.failed", Bool),
            ("evt.is_open_read", Bool),
            ("fs.path.name", CharBuf),
            ("evt.abspath", CharBuf),
            ("proc.cwd", CharBuf),
            ("proc.pcmdline", CharBuf),
            ("proc.is_exe_from_memfd", Bool),
            ("user.loginuid", Int64),
            ("fd.nameraw", CharBuf),
            ("fs.path.source", CharBuf),
            ("fs.path.target", CharBuf),
            ("proc.exe", CharBuf),
            ("proc.stdin.type", CharBuf),
            ("proc.tty", Uint32),
        ] {
            scheme.add(name, ty, |_| {});
        }
        for name in ["proc.name", "proc.cmdline", "proc.exepath", "proc.pid", "user.uid"] {
            scheme.change(name, |def| def.scope = Scope::Process);
        }
        for name in ["proc.pname", "user.name"] {
            scheme.change(name, |def| def.scope = Scope::Surroundings);
        }
        for name in ["fd.name", "evt.cpu"] {
            scheme.change(name, |def| def.decided_by = DecidedBy::Subject);
        }
        scheme.change("evt.is_io", |def| def.decided_by = DecidedBy::Kind);
        scheme.change("evt.num", |def| def.decided_by = DecidedBy::Failure);
        scheme.change("evt.dir", |def| def.deprecated = Some("it is always <"));
        scheme.add("evt.arg", CharBuf, |def| def.arg = ArgKind::RequiredIndexOrKey);
        scheme.add("evt.rawarg", Uint64, |def| def.arg = ArgKind::RequiredIndexOrKey);
        scheme.add("evt.around", Uint64, |def| {
            def.arg = ArgKind::RequiredIndex;
            def.compare = Compare::AtMost;
            def.transformable = false;
            def.comparable_to_field = false;
        });
        scheme.add("proc.aname", CharBuf, |def| {
            def.arg = ArgKind::OptionalIndex;
            def.compare = Compare::Any;
            def.scope = Scope::Surroundings;
            def.transformable = false;
            def.comparable_to_field = false;
        });
        scheme.add("proc.env", CharBuf, |def| def.arg = ArgKind::OptionalIndexOrKey);
        scheme.add("proc.args", CharBuf, |def| def.arg = ArgKind::OptionalIndex);
        scheme.add("fd.types", CharBuf, |def| {
            def.list = true;
            def.arg = ArgKind::OptionalIndex;
        });
        for (name, ty) in [("fd.ip", IpAddr), ("fd.port", Port), ("fd.net", IpNet)] {
            scheme.add(name, ty, |def| {
                def.compare = Compare::AnyOrNone;
                def.transformable = false;
                def.comparable_to_field = false;
            });
        }
        scheme
    }

    pub(crate) fn add(&mut self, name: &'static str, ty: FieldType, change: impl FnOnce(&mut FieldDef)) {
        let id = FieldId(u16::try_from(self.names.len()).unwrap());
        let mut def = FieldDef::plain(id, ty);
        change(&mut def);
        self.names.push(name);
        self.defs.insert(name, def);
    }

    fn change(&mut self, name: &str, change: impl FnOnce(&mut FieldDef)) {
        change(self.defs.get_mut(name).unwrap());
    }

    pub(crate) fn id(&self, name: &str) -> FieldId {
        self.defs[name].id
    }
}

impl FieldScheme for Scheme {
    fn field(&self, name: &str) -> Option<FieldDef> {
        self.defs.get(name).cloned()
    }

    fn check(&self, field: &Field) -> Result<FieldType, String> {
        let name = self.names[usize::from(field.id.0)];
        match &field.arg {
            FieldArg::Key(key) if key.starts_with("nosuch") => {
                Err(format!("no event has an argument `{key}`"))
            }
            _ => Ok(self.defs[name].ty),
        }
    }

    fn names(&self) -> Vec<&'static str> {
        self.names.clone()
    }

    fn event_type_count(&self) -> usize {
        self.event_names.len()
    }

    fn event_types_named(&self, name: &str) -> Vec<u16> {
        if name == "generic_a" || name == "generic_b" {
            return vec![7];
        }
        let matching = self.event_names.iter().enumerate().filter(|(_, n)| **n == name);
        matching.map(|(ty, _)| u16::try_from(ty).unwrap()).collect()
    }

    fn event_type_name(&self, ty: u16) -> Option<&str> {
        self.event_names.get(usize::from(ty)).copied().filter(|name| !name.is_empty())
    }
}

/// What a test event says of its fields.
#[derive(Debug, Clone, Default)]
pub(crate) struct Event {
    pub(crate) ty: u16,
    pub(crate) process: Option<u64>,
    pub(crate) epoch: Option<u64>,
    /// Kind, whether it failed, reading and names.
    pub(crate) subject: Option<(u64, bool, u64, [&'static str; 2])>,
    pub(crate) values: BTreeMap<Field, Vec<Value<'static>>>,
}

impl Event {
    pub(crate) fn new(ty: u16) -> Event {
        Event { ty, ..Event::default() }
    }

    pub(crate) fn with(mut self, scheme: &Scheme, name: &str, values: &[Value<'static>]) -> Event {
        self.values.insert(Field { id: scheme.id(name), arg: FieldArg::None }, values.to_vec());
        self
    }

    pub(crate) fn with_arg(
        mut self,
        scheme: &Scheme,
        name: &str,
        arg: FieldArg,
        values: &[Value<'static>],
    ) -> Event {
        self.values.insert(Field { id: scheme.id(name), arg }, values.to_vec());
        self
    }
}

pub(crate) fn text(text: &str) -> Value<'static> {
    Value::Bytes(text.as_bytes().to_vec().into())
}

impl FieldSource for Event {
    fn event_type(&self) -> u16 {
        self.ty
    }

    fn value<'s>(&'s self, field: &Field) -> Option<Value<'s>> {
        self.values.get(field)?.first().cloned()
    }

    fn values<'s>(&'s self, field: &Field, out: &mut Vec<Value<'s>>) -> bool {
        match self.values.get(field) {
            Some(values) => {
                out.extend(values.iter().cloned());
                true
            }
            None => false,
        }
    }

    fn process_version(&self) -> Option<u64> {
        self.process
    }

    fn epoch(&self) -> Option<u64> {
        self.epoch
    }

    fn subject(&self) -> Option<Subject<'_>> {
        let (kind, failed, reading, names) = self.subject?;
        Some(Subject { kind, failed, reading, names: names.map(str::as_bytes) })
    }
}
