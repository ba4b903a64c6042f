//! Control groups: reading them, and telling the container from their paths.
//!
//! Source: cgroup layouts of the container runtimes, in the order in which Falco's container plugin tries them:
//! podman, docker, CRI runtimes, containerd by itself, LXC, libvirt-LXC, BPM.

use crate::bytes::Bytes;
use crate::thread::Cgroups;

/// Digits of a full container id.
const FULL_ID: usize = 64;
/// Digits of a short one.
const SHORT_ID: usize = 12;

/// What stands before and after a container id, for runtimes that name cgroups by 64 hexadecimal digits.
const RUNC: &[(&[u8], &[u8])] = &[
    (b"/libpod-", b".scope"),
    (b"/libpod-", b".scope/container"),
    (b"/libpod-", b""),
    (b"/libpod-payload-", b".scope"),
    (b"/libpod-payload-", b".scope/container"),
    (b"/libpod-payload-", b""),
    (b"/", b""),
    (b"/docker-", b".scope"),
    (b"/crio-", b""),
    (b"/cri-containerd-", b".scope"),
    (b"/crio-", b".scope"),
    (b":cri-containerd:", b""),
    (b"/nerdctl-", b".scope"),
];

impl Cgroups {
    /// From `subsystem=path` entries, each closed by NUL. An entry without `=` voids them all, as in libsinsp.
    #[must_use]
    pub fn new(raw: &[u8]) -> Self {
        let mut list = Vec::new();
        let entries = raw.strip_suffix(b"\0").unwrap_or(raw);
        if !entries.is_empty() {
            for entry in entries.split(|&b| b == 0) {
                let Some(at) = entry.iter().position(|&b| b == b'=') else {
                    return Self { raw: Bytes::from(raw), ..Self::default() };
                };
                let (subsystem, path) = entry.split_at(at);
                let path = path.get(1..).unwrap_or_default();
                list.push((subsystem_name(subsystem), Bytes::from(path)));
            }
        }
        let container = list.iter().find_map(|(_, path)| container_in(path)).unwrap_or_default();
        Self { raw: Bytes::from(raw), list, container: Bytes::from(container) }
    }

    /// Whether it was made of `raw`.
    pub(crate) fn is(&self, raw: &[u8]) -> bool {
        *self.raw == *raw
    }
}

/// The name a subsystem goes by, whatever the kernel called it when the trace was recorded.
fn subsystem_name(name: &[u8]) -> Bytes {
    const MARK: &[u8] = b"_cgroup";
    let bare = match find(name, MARK) {
        Some(at) => {
            let (start, rest) = name.split_at(at);
            [start, rest.get(MARK.len()..).unwrap_or_default()].concat()
        }
        None => name.to_vec(),
    };
    match &*bare {
        b"perf" => Bytes::from(*b"perf_event"),
        b"mem" => Bytes::from(*b"memory"),
        b"io" => Bytes::from(*b"blkio"),
        _ => Bytes::from(bare),
    }
}

/// Short id of the container that cgroup `path` belongs to.
pub(crate) fn container_in(path: &[u8]) -> Option<Vec<u8>> {
    if path.is_empty() {
        return None;
    }
    RUNC.iter()
        .find_map(|(prefix, suffix)| full_id(path, prefix, suffix))
        .or_else(|| containerd(path))
        .or_else(|| lxc(path))
        .or_else(|| libvirt_lxc(path))
        .or_else(|| bpm(path))
        .filter(|id| !id.is_empty())
}

/// What stands between the last `prefix` and the last `suffix`.
fn between<'a>(path: &'a [u8], prefix: &[u8], suffix: &[u8]) -> Option<&'a [u8]> {
    let start = rfind(path, prefix)? + prefix.len();
    let end = if suffix.is_empty() { path.len() } else { rfind(path, suffix)? };
    path.get(start..end)
}

fn full_id(path: &[u8], prefix: &[u8], suffix: &[u8]) -> Option<Vec<u8>> {
    let id = between(path, prefix, suffix)?;
    let is_id = id.len() == FULL_ID && id.iter().all(u8::is_ascii_hexdigit);
    is_id.then(|| id.iter().copied().take(SHORT_ID).collect())
}

/// `/namespace/id`, with any id but that of a systemd unit.
fn containerd(path: &[u8]) -> Option<Vec<u8>> {
    let namespace = first_word_component(path)?;
    let id = between(path, namespace, b"")?;
    if id.len() == FULL_ID && id.iter().all(u8::is_ascii_hexdigit) {
        return Some(id.iter().copied().take(SHORT_ID).collect());
    }
    let unit = [&b".service"[..], b".slice", b".scope"].iter().any(|end| path.ends_with(end));
    let fits = !id.is_empty() && id.len() <= FULL_ID;
    (fits && !unit).then(|| id.iter().copied().take(SHORT_ID).collect())
}

/// The first component made of letters and digits, joined by single `.`, `_` or `-`, with the slashes around it.
fn first_word_component(path: &[u8]) -> Option<&[u8]> {
    let slashes: Vec<usize> = path.iter().enumerate().filter(|(_, b)| **b == b'/').map(|(i, _)| i).collect();
    slashes.windows(2).find_map(|pair| {
        let [from, to] = pair else { return None };
        let word = path.get(from + 1..*to)?;
        let mut parts = word.split(|b| b"._-".contains(b));
        let good = parts.all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_alphanumeric));
        if good { path.get(*from..=*to) } else { None }
    })
}

fn lxc(path: &[u8]) -> Option<Vec<u8>> {
    [&b"/lxc/"[..], b"/lxc.payload/", b"/lxc.payload."].iter().find_map(|mark| {
        let name = path.get(find(path, mark)? + mark.len()..)?;
        Some(name.split(|&b| b == b'/').next()?.to_vec())
    })
}

fn libvirt_lxc(path: &[u8]) -> Option<Vec<u8>> {
    if let Some(name) = path.strip_suffix(b".libvirt-lxc")
        && find(path, b".libvirt-lxc") == Some(name.len())
        && let Some(slash) = rfind(path, b"/")
    {
        return Some(name.get(slash + 1..)?.to_vec());
    }
    const MACHINE: &[u8] = b"-lxc\\x2";
    if let Some(at) = find(path, MACHINE) {
        let end: &[u8] = if find(path, b".scope/libvirt").is_some() { b".scope/libvirt" } else { b".scope" };
        if let Some(stop) = find(path, end).filter(|stop| stop + end.len() == path.len()) {
            // One digit follows the escape.
            return Some(path.get(at + MACHINE.len() + 1..stop)?.to_vec());
        }
    }
    const LEGACY: &[u8] = b"/libvirt/lxc/";
    Some(path.get(find(path, LEGACY)? + LEGACY.len()..)?.to_vec())
}

fn bpm(path: &[u8]) -> Option<Vec<u8>> {
    const MARK: &[u8] = b"bpm-";
    let rest = path.get(find(path, MARK)? + MARK.len()..)?;
    let id = rest.get(..find(rest, b".scope").unwrap_or(rest.len()))?;
    let good = !id.is_empty() && id.iter().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(b));
    good.then(|| id.to_vec())
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|w| w == what)
}

fn rfind(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).rposition(|w| w == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";

    fn check(path: &str, want: Option<&str>) {
        let got = container_in(path.as_bytes()).map(|id| String::from_utf8(id).unwrap());
        assert_eq!(got.as_deref(), want, "{path}");
    }

    #[test]
    fn each_runtime_is_told_by_its_layout() {
        for layout in [
            "/docker/{}",
            "/system.slice/docker-{}.scope",
            "/machine.slice/libpod-{}.scope",
            "/machine.slice/libpod-{}.scope/container",
            "/kubepods/besteffort/pod1/{}",
            "/kubepods.slice/crio-{}.scope",
            "/kubepods.slice/cri-containerd-{}.scope",
            "/system.slice/containerd.service/kubepods-x.slice:cri-containerd:{}",
        ] {
            check(&layout.replace("{}", ID), Some("3ad7b26ded6d"));
        }
        check("/lxc.payload.web", Some("web"));
        check(
            "/machine.slice/machine-lxc\\x2d2293906\\x2dlibvirt\\x2dcontainer.scope",
            Some("2293906\\x2dlibvirt\\x2dcontainer"),
        );
        check("/machine.slice/x/bpm-job.a.scope", Some("job.a"));
    }

    #[test]
    fn the_host_has_no_container() {
        for path in [
            "",
            "/",
            "/user.slice/user-1000.slice/session-2.scope",
            "/system.slice/ssh.service",
            "/init.scope",
        ] {
            check(path, None);
        }
    }

    #[test]
    fn a_plain_containerd_container_is_told_by_its_namespace() {
        check("/default/test_container", Some("test_contain"));
        check("/my_very_long_namespace-1.5/a", Some("a"));
        check("/default/some_short_id.service", None);
        check("/namespace/.slice", None);
        check("/lxc/web", Some("web"));
    }

    #[test]
    fn subsystems_get_their_usual_names() {
        let cgroups = Cgroups::new(b"cpuset_cgroup=/a\0mem_cgroup=/b\0io=/c\0perf=/d\0");
        let names: Vec<_> = cgroups.list.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, [&b"cpuset"[..], b"memory", b"blkio", b"perf_event"]);
        assert_eq!(cgroups.of(b"memory"), Some(&b"/b"[..]));
        assert_eq!(Cgroups::new(b"cpu=/a\0nonsense\0").list.len(), 0);
    }
}
