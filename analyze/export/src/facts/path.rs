//! The paths that an event acts on, also where the call failed.
//!
//! A successful call has them in `fs.path.*`. One that failed has only what the process asked for, which is
//! completed here from the descriptor of the folder or the working directory; reads and writes have it in their descriptor,
//! and whoever connects or binds a unix socket in its address.

use std::borrow::Cow;

use scap_analyze::fields::Fields;
use scap_schema::ParamType;
use scap_state::FdType;

/// A parameter that holds a path, and the one beside it that holds its folder.
type Place = (&'static str, Option<&'static str>);

/// A path, if there is one.
type Path<'f> = Option<Cow<'f, [u8]>>;

/// Where one path is.
const ASKED: &[Place] = &[
    ("name", Some("dirfd")),
    ("path", Some("dirfd")),
    ("filename", Some("dirfd")),
    ("pathname", Some("dirfd")),
];

/// Calls with two paths: the name, parameter and folder of the one that the call makes, then those of the other.
const TWO: &[(&str, [Place; 2])] = &[
    ("rename", [("newpath", None), ("oldpath", None)]),
    ("renameat", [("newpath", Some("newdirfd")), ("oldpath", Some("olddirfd"))]),
    ("renameat2", [("newpath", Some("newdirfd")), ("oldpath", Some("olddirfd"))]),
    ("link", [("newpath", None), ("oldpath", None)]),
    ("linkat", [("newpath", Some("newdir")), ("oldpath", Some("olddir"))]),
    ("mount", [("dir", None), ("dev", None)]),
];

/// The folder of a path that is relative to the working directory.
const AT_FDCWD: i64 = -100;

/// Family of the address of a unix socket.
const AF_UNIX: u8 = 1;

/// The path that an event is about, and the one it comes from.
pub(super) fn paths<'f>(fields: &'f Fields<'_>, kind: &str) -> (Path<'f>, Path<'f>) {
    let asked = |(name, folder): Place| asked(fields, name, folder).map(Cow::Owned);
    if let Some((_, [made, other])) = TWO.iter().find(|(name, _)| *name == kind) {
        return (asked(*made), asked(*other));
    }
    if kind.starts_with("symlink") {
        // What it points to stands as it is: it is relative to where the link lies.
        let target = param(fields, "target").map(Cow::Borrowed);
        return (asked(("linkpath", Some("linkdirfd"))), target);
    }
    if matches!(kind, "connect" | "bind") {
        return (socket(fields).map(Cow::Borrowed), None);
    }
    let found = ASKED.iter().filter(|(name, _)| is_path_param(fields, name)).find_map(|&one| asked(one));
    let found = found.or_else(|| {
        let fd = fields.state().fd().filter(|fd| is_path(fd.ty))?;
        Some(Cow::Borrowed(&*fd.name))
    });
    (found.filter(|path| !path.is_empty()), None)
}

/// Whether parameter `name` is a path, and not the name of something else.
fn is_path_param(fields: &Fields<'_>, name: &str) -> bool {
    let param = fields.event().info().and_then(|info| info.params.iter().find(|param| param.name == name));
    param.is_some_and(|param| matches!(param.ty, ParamType::FsPath | ParamType::FsRelPath))
}

/// Whether descriptors of this type are named by their path.
fn is_path(ty: FdType) -> bool {
    ty.is_file() || ty == FdType::Directory
}

/// Path in the address of a unix socket; abstract ones have none.
fn socket<'f>(fields: &Fields<'f>) -> Option<&'f [u8]> {
    let event = fields.event();
    let (family, rest) = event.param(event.info()?.param_index("addr")?)?.split_first()?;
    let path = rest.split(|byte| *byte == 0).next().filter(|path| !path.is_empty())?;
    (*family == AF_UNIX).then_some(path)
}

fn param<'f>(fields: &Fields<'f>, name: &str) -> Option<&'f [u8]> {
    let at = fields.event().info()?.param_index(name)?;
    fields.event().text(at).filter(|text| !text.is_empty() && *text != b"<NA>")
}

/// Parameter `name`, complete; the folder is in parameter `folder`.
fn asked(fields: &Fields<'_>, name: &str, folder: Option<&str>) -> Option<Vec<u8>> {
    let given = param(fields, name)?;
    let event = fields.event();
    let dirfd = folder
        .and_then(|folder| event.info()?.param_index(folder))
        .and_then(|at| event.i64(at))
        .unwrap_or(AT_FDCWD);
    let (mut scratch, mut whole) = (Vec::new(), Vec::new());
    fields.state().resolve(fields.thread(), dirfd, given, &mut scratch, &mut whole);
    Some(whole)
}
