//! What single events tell of paths: opened, removed, renamed, changed; and which of that matters.

use std::borrow::Cow;

use super::calls::{bits, until_nul};
use super::{Observer, Seeing, is};
use crate::model::ActKind;
use crate::places;
use crate::plan::{PathAct, PathAt};

/// Errors that say that somebody tried what he may not: `EPERM`, `EACCES`, `EROFS`.
const REFUSED: [i64; 3] = [1, 13, 30];

/// The descriptor that stands for the working directory.
const AT_FDCWD: i64 = -100;

impl Observer {
    pub(super) fn opens(&mut self, s: &Seeing<'_, '_>) {
        let Some(res) = s.event.i64(0) else { return };
        let error = res.min(0).saturating_neg();
        let fd = s.state.fd().filter(|_| res >= 0);
        let path = match fd {
            Some(fd) => Cow::Borrowed(&*fd.name),
            None => match s.plan.paths[0].and_then(|at| path(s, at)) {
                Some(path) => Cow::Owned(path),
                None => return,
            },
        };
        let made_by_name = s.event.info().is_some_and(|info| info.name == "creat");
        let reads = is(s.fields, &self.fields.opens_to_read);
        let writes = made_by_name || is(s.fields, &self.fields.opens_to_write);
        let creates = is(s.fields, &self.fields.creates);
        let (mut newly_read, mut newly_written) = (reads, writes);
        if let Some(file) = self.files.of(s.process, &path, self.now, &mut self.texts) {
            if error == 0 {
                file.opens += 1;
                (newly_read, newly_written) = (reads && !file.read, writes && !file.written);
                file.read |= reads;
                file.written |= writes;
                file.created |= creates;
            } else {
                (newly_read, newly_written) = (reads && file.failures == 0, writes && file.failures == 0);
                file.failures += 1;
            }
        }
        if error != 0 && !REFUSED.contains(&error) {
            return;
        }
        if newly_written {
            if error == 0 {
                self.texts.changed(&path);
            }
            if places::is_system(&path) || (error == 0 && truncates(s) && places::is_log(&path)) {
                self.act(ActKind::WroteSystemFile, Some(s.process), &path, error);
            }
        }
        if newly_read && places::is_secret(&path) {
            self.act(ActKind::ReadSecret, Some(s.process), &path, error);
        }
    }

    pub(super) fn changes_path(&mut self, s: &Seeing<'_, '_>, act: PathAct) {
        let Some(res) = s.event.i64(0) else { return };
        let error = res.min(0).saturating_neg();
        let mut paths = s.plan.paths.iter().flatten().filter_map(|&at| path(s, at));
        let (mut from, path) = match (paths.next(), paths.next()) {
            (Some(from), Some(to)) => (Some(from), to),
            (Some(only), None) => (None, only),
            (None, _) => match s.state.fd() {
                Some(fd) => (None, fd.name.to_vec()),
                None => return,
            },
        };
        if act == PathAct::Link && from.is_none() {
            // What a symbolic link leads to is a text like any other.
            from = s.event.param_named("target").map(until_nul).map(<[u8]>::to_vec);
        }
        let kept_from = from.as_deref().filter(|_| error == 0).and_then(|from| self.texts.keep(from));
        if let Some(file) = self.files.of(s.process, &path, self.now, &mut self.texts) {
            match act {
                _ if error != 0 => file.failures += 1,
                PathAct::Remove => file.deleted = true,
                PathAct::Rename | PathAct::Link => (file.moved, file.from) = (true, kept_from),
                PathAct::Change => file.changed = true,
                PathAct::Make => file.created = true,
            }
        }
        if error == 0
            && act == PathAct::Rename
            && from.as_ref().is_some_and(|from| self.texts.was_changed(from))
        {
            self.texts.changed(&path);
        }
        if error == 0 || REFUSED.contains(&error) {
            self.act_on_path(s, act, from.as_deref(), &path, error);
        }
    }

    fn act_on_path(
        &mut self,
        s: &Seeing<'_, '_>,
        act: PathAct,
        from: Option<&[u8]>,
        path: &[u8],
        error: i64,
    ) {
        let matters = |path: &[u8]| places::is_system(path) || places::is_log(path);
        match act {
            PathAct::Remove if matters(path) => self.act(ActKind::Deleted, Some(s.process), path, error),
            PathAct::Rename | PathAct::Link if matters(path) || from.is_some_and(matters) => {
                let words = [from.unwrap_or_default(), b" -> ", path].concat();
                self.act(ActKind::Moved, Some(s.process), &words, error);
            }
            PathAct::Change => self.changes_file(s, path, error),
            PathAct::Remove | PathAct::Rename | PathAct::Link | PathAct::Make => {}
        }
    }

    /// A mode or owner was changed.
    fn changes_file(&mut self, s: &Seeing<'_, '_>, path: &[u8], error: i64) {
        let number =
            |name| s.event.param_named(name).and_then(|raw| raw.try_into().ok()).map(u32::from_le_bytes);
        let words = match number("mode") {
            Some(mode) => {
                let gives_rights = mode & bits(s, "mode", |name| matches!(name, "S_ISUID" | "S_ISGID")) != 0;
                let runs = mode & bits(s, "mode", |name| name.starts_with("S_IX")) != 0;
                let matters = gives_rights || places::is_system(path) || (runs && places::is_temporary(path));
                if !matters {
                    return;
                }
                format!(" mode {mode:04o}")
            }
            None if places::is_system(path) => {
                let show =
                    |id: Option<u32>| id.filter(|&id| id != u32::MAX).map_or("-".into(), |id| id.to_string());
                format!(" owner {}:{}", show(number("uid")), show(number("gid")))
            }
            None => return,
        };
        self.act(ActKind::ChangedFile, Some(s.process), &[path, words.as_bytes()].concat(), error);
    }
}

/// The path at `at`, resolved; `None` if the event does not tell it.
pub(super) fn path(s: &Seeing<'_, '_>, at: PathAt) -> Option<Vec<u8>> {
    let given = s.event.text(at.param.into()).filter(|path| !path.is_empty())?;
    let dir = at.dir.map_or(Some(AT_FDCWD), |dir| s.event.i64(dir.into()))?;
    let (mut base, mut out) = (Vec::new(), Vec::new());
    s.state.resolve(Some(s.thread), dir, given, &mut base, &mut out);
    Some(out)
}

/// Whether an open empties the file.
fn truncates(s: &Seeing<'_, '_>) -> bool {
    let flags = s.event.param_named("flags").and_then(|raw| raw.try_into().ok()).map(u32::from_le_bytes);
    flags.is_some_and(|flags| flags & bits(s, "flags", |name| name == "O_TRUNC") != 0)
}
