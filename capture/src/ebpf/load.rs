//! Loads the programs and says clearly why that cannot be done.

use crate::{Attach, CaptureError};
use aya::programs::{BtfTracePoint, Program, ProgramError, RawTracePoint};
use aya::{Btf, Ebpf, EbpfLoader, include_bytes_aligned};
use std::error::Error;

static OBJECT: &[u8] = include_bytes_aligned!("../../bpf/scap.bpf.o");

const BTF: &str = "/sys/kernel/btf/vmlinux";
const LOCKDOWN: &str = "/sys/kernel/security/lockdown";
/// Ring buffers, reads that tell user from kernel memory, time since boot.
const OLDEST: (u32, u32) = (5, 8);

/// Programs and the tracepoints they belong to.
const PROGRAMS: [(&str, &str); 5] = [
    ("on_sys_exit", "sys_exit"),
    ("on_exec", "sched_process_exec"),
    ("on_fork", "sched_process_fork"),
    ("on_exit", "sched_process_exit"),
    ("on_signal", "signal_deliver"),
];

/// The tracepoint of submissions to io_uring, which kernels before 6.4 do not have.
const URING: (&str, &str) = ("on_uring", "io_uring_submit_req");

/// The programs in the kernel.
pub(crate) struct Loaded {
    pub(crate) ebpf: Ebpf,
    btf: Btf,
    typed: bool,
    /// Submissions to io_uring are counted.
    counts_uring: bool,
    /// Raw tracepoints may stand in.
    may_fall_back: bool,
}

/// Loads everything, attaches nothing. `cpus` is the number of possible CPUs, `chunks` how many of them share memory
/// with the recorder.
///
/// # Errors
/// What is missing on this machine, or what the kernel said.
pub(crate) fn load(cpus: u32, chunks: u32, attach: Attach) -> Result<Loaded, CaptureError> {
    preflight()?;
    let btf = Btf::from_sys_fs().map_err(|e| refused("cannot read the kernel's types", &e))?;
    let mut loader = EbpfLoader::new();
    loader.map_max_entries("chunks", chunks);
    for map in ["works", "counts", "lanes"] {
        loader.map_max_entries(map, cpus);
    }
    let ebpf = loader
        .btf(Some(&btf))
        .load(OBJECT)
        .map_err(|e| refused("the kernel does not take the recorder's maps and types", &e))?;
    let (typed, may_fall_back) = (attach != Attach::Raw, attach == Attach::Best);
    let mut loaded = Loaded { ebpf, btf, typed, counts_uring: false, may_fall_back };
    loaded.load_programs()?;
    Ok(loaded)
}

impl Loaded {
    fn load_programs(&mut self) -> Result<(), CaptureError> {
        match PROGRAMS.iter().try_for_each(|(name, tracepoint)| self.load_program(name, tracepoint)) {
            Err(why) if self.typed && self.may_fall_back => {
                self.fall_back();
                // What the better ones lack says more than what the others do.
                self.load_programs().map_err(|_| why)
            }
            result => result,
        }
    }

    fn load_program(&mut self, name: &str, tracepoint: &str) -> Result<(), CaptureError> {
        let what = || format!("the kernel does not take the program for {tracepoint}");
        if self.typed {
            let program: &mut BtfTracePoint = program(&mut self.ebpf, name)?;
            program.load(tracepoint, &self.btf).map_err(|e| refused(&what(), &e))
        } else {
            let program: &mut RawTracePoint = program(&mut self.ebpf, &raw(name))?;
            program.load().map_err(|e| refused(&what(), &e))
        }
    }

    /// Attaches all programs; they stay until this is dropped.
    ///
    /// # Errors
    /// What the kernel said.
    pub(crate) fn attach(&mut self) -> Result<(), CaptureError> {
        match PROGRAMS.iter().try_for_each(|(name, tracepoint)| self.attach_program(name, tracepoint)) {
            Err(why) if self.typed && self.may_fall_back => {
                self.fall_back();
                return self.load_programs().and_then(|()| self.attach()).map_err(|_| why);
            }
            result => result?,
        }
        // Without it, io_uring_enter's results tell as much as there is to know.
        self.counts_uring = self.attach_uring().is_ok();
        Ok(())
    }

    fn attach_program(&mut self, name: &str, tracepoint: &str) -> Result<(), CaptureError> {
        let what = || format!("cannot attach to tracepoint {tracepoint}");
        if self.typed {
            let program: &mut BtfTracePoint = program(&mut self.ebpf, name)?;
            program.attach().map(drop).map_err(|e| refused(&what(), &e))
        } else {
            let program: &mut RawTracePoint = program(&mut self.ebpf, &raw(name))?;
            program.attach(tracepoint).map(drop).map_err(|e| refused(&what(), &e))
        }
    }

    fn attach_uring(&mut self) -> Result<(), CaptureError> {
        let (name, tracepoint) = URING;
        let program: &mut RawTracePoint = program(&mut self.ebpf, name)?;
        program.load()?;
        program.attach(tracepoint)?;
        Ok(())
    }

    /// Goes over to raw tracepoints.
    fn fall_back(&mut self) {
        self.detach();
        self.typed = false;
    }

    /// Detaches all programs.
    pub(crate) fn detach(&mut self) {
        // It only fails if one is not loaded, and then it is not attached either.
        for (name, _) in PROGRAMS {
            if self.typed {
                let _ = program(&mut self.ebpf, name).map(BtfTracePoint::unload);
            } else {
                let _ = program(&mut self.ebpf, &raw(name)).map(RawTracePoint::unload);
            }
        }
        let _ = program(&mut self.ebpf, URING.0).map(RawTracePoint::unload);
    }

    /// Whether the kernel tells of each submission to io_uring.
    pub(crate) const fn counts_uring(&self) -> bool {
        self.counts_uring
    }

    /// Whether the programs are on typed tracepoints.
    pub(crate) const fn is_typed(&self) -> bool {
        self.typed
    }
}

/// Name of a program's twin for raw tracepoints.
fn raw(name: &str) -> String {
    format!("{name}_raw")
}

fn program<'a, P>(ebpf: &'a mut Ebpf, name: &str) -> Result<&'a mut P, CaptureError>
where
    &'a mut P: TryFrom<&'a mut Program>,
{
    match ebpf.program_mut(name).map(<&mut P>::try_from) {
        Some(Ok(program)) => Ok(program),
        _ => Err(CaptureError::Ebpf {
            what: format!("program {name}"),
            detail: "is not in the recorder's object file".into(),
        }),
    }
}

/// An error with all its causes in one line; the verifier's log only its last lines.
pub(crate) fn refused(what: &str, error: &dyn Error) -> CaptureError {
    let mut detail = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !detail.ends_with(&cause_text) {
            detail = format!("{detail}: {cause_text}");
        }
        next = cause.source();
    }
    CaptureError::Ebpf { what: what.into(), detail: last_lines(&detail) }
}

fn last_lines(text: &str) -> String {
    const KEPT: usize = 6;
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(KEPT);
    let cut = if from > 0 { "… " } else { "" };
    format!("{cut}{}", lines.get(from..).unwrap_or(&[]).join(" | "))
}

impl From<ProgramError> for CaptureError {
    fn from(error: ProgramError) -> Self {
        refused("eBPF program", &error)
    }
}

fn preflight() -> Result<(), CaptureError> {
    if !cfg!(target_arch = "x86_64") {
        return Err(CaptureError::Ebpf {
            what: "this machine's processor".into(),
            detail: "the recorder's programs are made for x86-64".into(),
        });
    }
    privileges()?;
    let uname = nix::sys::utsname::uname()
        .map_err(|e| CaptureError::io("cannot ask for the kernel's release", e.into()))?;
    let release = uname.release().to_string_lossy().into_owned();
    if version(&release).is_some_and(|v| v < OLDEST) {
        return Err(CaptureError::KernelTooOld { release, needs: "5.8" });
    }
    if !std::path::Path::new(BTF).exists() {
        return Err(CaptureError::NoBtf { path: BTF });
    }
    if std::fs::read_to_string(LOCKDOWN).is_ok_and(|text| text.contains("[confidentiality]")) {
        return Err(CaptureError::Lockdown);
    }
    Ok(())
}

/// Whether whoever holds a map may use it without being allowed to make one.
pub(crate) fn maps_are_free() -> bool {
    let release = nix::sys::utsname::uname().map(|name| name.release().to_string_lossy().into_owned());
    release.ok().and_then(|release| version(&release)).is_some_and(|version| version >= (5, 19))
}

/// Major and minor number of a kernel release like `6.1.0-18-amd64`.
fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn privileges() -> Result<(), CaptureError> {
    const CAP_SYS_ADMIN: u64 = 1 << 21;
    const CAP_PERFMON: u64 = 1 << 38;
    const CAP_BPF: u64 = 1 << 39;
    let status = std::fs::read_to_string("/proc/self/status")
        .map_err(|e| CaptureError::io("cannot read /proc/self/status", e))?;
    let effective = status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .and_then(|caps| u64::from_str_radix(caps.trim(), 16).ok())
        .unwrap_or(0);
    if effective & CAP_SYS_ADMIN != 0 || effective & (CAP_BPF | CAP_PERFMON) == CAP_BPF | CAP_PERFMON {
        return Ok(());
    }
    let detail = match effective & (CAP_BPF | CAP_PERFMON) {
        0 => "this process has neither".to_owned(),
        CAP_BPF => "this process lacks CAP_PERFMON".to_owned(),
        _ => "this process lacks CAP_BPF".to_owned(),
    };
    Err(CaptureError::Privileges { detail })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_compared_by_number() {
        assert_eq!(version("6.1.0-18-amd64"), Some((6, 1)));
        assert_eq!(version("5.10.0"), Some((5, 10)));
        assert!(version("5.4.0-generic").unwrap() < OLDEST);
        assert!(version("5.10.1").unwrap() > OLDEST);
        assert_eq!(version("strange"), None);
    }

    #[test]
    fn only_the_end_of_a_long_log_is_shown() {
        let long = (0..100).map(|n| n.to_string()).collect::<Vec<_>>().join("\n");
        assert_eq!(last_lines(&long), "… 94 | 95 | 96 | 97 | 98 | 99");
        assert_eq!(last_lines("one"), "one");
    }
}
