//! What single events tell of power over others: signals, tracing, the kernel, mounts, namespaces.

use super::calls::{flag_set, until_nul};
use super::paths::path;
use super::{Observer, Seeing};
use crate::model::ActKind;
use crate::plan::Tells;

/// `BPF_PROG_LOAD`.
const LOAD_PROGRAM: u32 = 5;

/// Requests by which a process gets hold of another, or changes it; those that follow an attach say nothing new.
const TRACES: [&str; 5] =
    ["PTRACE_ATTACH", "PTRACE_SEIZE", "PTRACE_POKETEXT", "PTRACE_POKEDATA", "PTRACE_SETREGS"];

impl Observer {
    /// A signal to a process that is neither the sender nor below it.
    pub(super) fn signals(&mut self, s: &Seeing<'_, '_>) {
        let signal = s.event.param_named("sig").and_then(<[u8]>::first).copied().unwrap_or(0);
        let target = s.event.param_named("pid").or_else(|| s.event.param_named("tid"));
        let Some(pid) = target.and_then(|raw| raw.try_into().ok()).map(i64::from_le_bytes) else { return };
        if signal == 0 || s.event.i64(0) != Some(0) || pid == 0 {
            return;
        }
        // In a pid namespace the number is another one outside.
        let pid_here = pid.checked_abs().filter(|_| pid != -1 && !s.thread.is_in_pid_namespace());
        let id = pid_here.and_then(|pid| {
            let main = s.state.find(pid).map_or(pid, |thread| thread.pid);
            self.processes.by_pid(main)
        });
        let foreign = match id {
            Some(id) => !self.processes.descends(id, s.process),
            None => pid == -1,
        };
        if !foreign || !self.acts.is_first(ActKind::Signalled, s.process, pid, signal.into()) {
            return;
        }
        let name = scap_schema::signal_name(signal).map_or_else(|| format!("signal {signal}"), str::to_owned);
        let mut words = name.into_bytes();
        words.extend_from_slice(b" to ");
        match id.and_then(|id| self.processes.at(id)).and_then(|process| process.images.last()) {
            Some(image) => {
                words.extend_from_slice(&image.name);
                words.extend_from_slice(format!(" ({pid})").as_bytes());
            }
            None => words.extend_from_slice(b"every process"),
        }
        self.act(ActKind::Signalled, Some(s.process), &words, 0);
    }

    pub(super) fn traces(&mut self, s: &Seeing<'_, '_>) {
        let value =
            s.event.param_named("request").and_then(|raw| raw.try_into().ok()).map(u16::from_le_bytes);
        let Some((set, value)) = flag_set(s, "request").zip(value) else { return };
        let name = set.values.iter().find(|(_, one)| *one == u32::from(value)).map(|(name, _)| *name);
        let Some(name) = name.filter(|name| TRACES.contains(name)) else { return };
        self.grips(s, name, value);
    }

    pub(super) fn touches_memory(&mut self, s: &Seeing<'_, '_>) {
        let name = s.event.info().map_or("", |info| info.name);
        // No request is numbered like an event of these.
        self.grips(s, name, u16::MAX - s.event.code);
    }

    /// One process lays hands on another by `how`, which `way` tells from other ways.
    fn grips(&mut self, s: &Seeing<'_, '_>, how: &str, way: u16) {
        let error = s.event.i64(0).unwrap_or(0).min(0).saturating_neg();
        let pid = s.event.param_named("pid").and_then(|raw| raw.try_into().ok()).map(i64::from_le_bytes);
        let Some(pid) = pid else { return };
        let same_process = s.state.find(pid).is_some_and(|thread| thread.pid == s.thread.pid);
        if same_process || !self.acts.is_first(ActKind::Traced, s.process, pid, way) {
            return;
        }
        let mut words = format!("{how} of ").into_bytes();
        if let Some(thread) = s.state.find(pid).filter(|_| !s.thread.is_in_pid_namespace()) {
            words.extend_from_slice(&thread.exec.comm);
            words.push(b' ');
        }
        words.extend_from_slice(format!("({pid})").as_bytes());
        self.act(ActKind::Traced, Some(s.process), &words, error);
    }

    pub(super) fn loads(&mut self, s: &Seeing<'_, '_>, tells: Tells) {
        let error = s.event.i64(0).unwrap_or(0).min(0).saturating_neg();
        let words = match tells {
            Tells::Bpf => {
                let command = s.event.param_named("cmd").and_then(|raw| raw.try_into().ok());
                if command.map(u32::from_le_bytes) != Some(LOAD_PROGRAM) {
                    return;
                }
                b"eBPF program".to_vec()
            }
            Tells::ModuleRemoved => {
                let name = s.event.param_named("name").map(until_nul).unwrap_or_default();
                [b"removed module ", name].concat()
            }
            _ => match s.state.fd() {
                Some(fd) => [b"module ", &*fd.name].concat(),
                None => b"module from memory".to_vec(),
            },
        };
        self.act(ActKind::LoadedIntoKernel, Some(s.process), &words, error);
    }

    pub(super) fn mounts(&mut self, s: &Seeing<'_, '_>) {
        let text = |name| s.event.param_named(name).map(until_nul).unwrap_or_default();
        let Some(place) = s.plan.paths[0].and_then(|at| path(s, at)) else { return };
        let mut words = text("dev").to_vec();
        words.extend_from_slice(b" on ");
        words.extend_from_slice(&place);
        if !text("type").is_empty() {
            words.extend_from_slice(b" type ");
            words.extend_from_slice(text("type"));
        }
        let error = s.event.i64(0).unwrap_or(0).min(0).saturating_neg();
        self.act(ActKind::Mounted, Some(s.process), &words, error);
    }

    pub(super) fn unmounts(&mut self, s: &Seeing<'_, '_>) {
        let Some(place) = s.plan.paths[0].and_then(|at| path(s, at)) else { return };
        let error = s.event.i64(0).unwrap_or(0).min(0).saturating_neg();
        self.act(ActKind::Mounted, Some(s.process), &[b"unmounted ", &*place].concat(), error);
    }

    pub(super) fn namespace(&mut self, s: &Seeing<'_, '_>) {
        let Some(fd) = s.state.fd() else {
            self.new_namespaces(s, "unshare");
            return;
        };
        let error = s.event.i64(0).unwrap_or(0).min(0).saturating_neg();
        self.act(ActKind::ChangedNamespace, Some(s.process), &[b"entered ", &*fd.name].concat(), error);
    }

    /// Namespaces that a call makes, as its flags tell.
    pub(super) fn new_namespaces(&mut self, s: &Seeing<'_, '_>, how: &str) {
        let flags = s.event.param_named("flags").and_then(|raw| raw.try_into().ok()).map(u32::from_le_bytes);
        let Some((flags, set)) = flags.filter(|&flags| flags != 0).zip(flag_set(s, "flags")) else { return };
        // The child tells of it once more.
        let caller = s.event.i64(0).is_some_and(|res| how == "unshare" || res != 0);
        let made = |(name, bit): &&(&str, u32)| name.starts_with("CLONE_NEW") && flags & bit != 0;
        let names: Vec<&str> = set.values.iter().filter(made).map(|(name, _)| *name).collect();
        if names.is_empty() || !caller {
            return;
        }
        let error = s.event.i64(0).unwrap_or(0).min(0).saturating_neg();
        let words = format!("{how} {}", names.join(" "));
        self.act(ActKind::ChangedNamespace, Some(s.process), words.as_bytes(), error);
    }
}
