//! How container runtimes name their control groups.
//!
//! Takes a cgroup path, gives the runtime and the id of the container it belongs to: a pure function over one table,
//! which the recorder and the replay both ask, so that they can never disagree. Does not allocate, but for the one
//! runtime whose names are escaped. Deliberately knows nothing of hierarchies (the same layouts are found in
//! version 1 and 2) or of what a container is called elsewhere.
//!
//! Source: the layouts of Falco's container plugin, in the order in which it tries them, so that ids are those
//! that Falco shows. Beyond it go groups that a container makes for itself below its own (systemd in a container),
//! systemd-nspawn, names of LXC containers that the plugin takes for containerd's, and podman's monitor, which is
//! no container.

use std::borrow::Cow;

/// Digits of a full id.
const FULL_ID: usize = 64;
/// Digits of an id as Falco shows it.
const SHORT_ID: usize = 12;

/// What runs a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Runtime {
    /// Docker, or anything that leaves nothing but a 64-digit id.
    Docker,
    /// containerd for Kubernetes.
    Cri,
    /// CRI-O.
    Crio,
    /// containerd by itself (`ctr`, `nerdctl`).
    Containerd,
    /// Podman, or CRI-O's library without Kubernetes.
    Podman,
    /// LXC, LXD, Incus.
    Lxc,
    /// libvirt's LXC driver.
    LibvirtLxc,
    /// systemd-nspawn.
    Nspawn,
    /// BOSH process manager.
    Bpm,
}

/// A container as its cgroup names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InCgroup<'p> {
    /// What runs it.
    pub runtime: Runtime,
    /// Its id in full, as the runtime's files name it: 64 digits, or a name.
    pub full_id: Cow<'p, [u8]>,
    /// Whether only the first digits are shown.
    shortened: bool,
}

impl InCgroup<'_> {
    /// Its id as fields and outputs show it: the first 12 digits, or the whole name where a runtime has only names.
    #[must_use]
    pub fn id(&self) -> &[u8] {
        if self.shortened { short_id(&self.full_id) } else { &self.full_id }
    }
}

/// The first 12 bytes of an id, or all of a shorter one.
#[must_use]
pub fn short_id(full: &[u8]) -> &[u8] {
    full.get(..SHORT_ID).unwrap_or(full)
}

/// What a runtime with 64-digit ids puts around one in a component of the path.
struct Digest(Runtime, &'static str, &'static str);

#[rustfmt::skip]
const DIGESTS: &[Digest] = &[
    Digest(Runtime::Podman,     "libpod-",          ".scope"),
    Digest(Runtime::Podman,     "libpod-",          ""),
    Digest(Runtime::Podman,     "libpod-payload-",  ".scope"),
    Digest(Runtime::Podman,     "libpod-payload-",  ""),
    Digest(Runtime::Docker,     "",                 ""),
    Digest(Runtime::Docker,     "docker-",          ".scope"),
    Digest(Runtime::Crio,       "crio-",            ""),
    Digest(Runtime::Crio,       "crio-",            ".scope"),
    Digest(Runtime::Cri,        "cri-containerd-",  ".scope"),
    Digest(Runtime::Cri,        ":cri-containerd:", ""),
    Digest(Runtime::Containerd, "nerdctl-",         ".scope"),
];

/// Where a runtime with names as ids has one.
enum Place {
    /// The component behind these.
    Below(&'static [&'static str]),
    /// A component between these.
    Within(&'static str, &'static str),
    /// As `Within`, escaped as a name in a unit of systemd.
    Unit(&'static str, &'static str),
}

/// How a runtime with names as ids lays out its groups.
struct Named(Runtime, Place);

#[rustfmt::skip]
const NAMED: &[Named] = &[
    Named(Runtime::LibvirtLxc, Place::Below(&["libvirt", "lxc"])),
    Named(Runtime::Lxc,        Place::Below(&["lxc"])),
    Named(Runtime::Lxc,        Place::Below(&["lxc.payload"])),
    Named(Runtime::Lxc,        Place::Within("lxc.payload.", "")),
    Named(Runtime::LibvirtLxc, Place::Within("", ".libvirt-lxc")),
    Named(Runtime::LibvirtLxc, Place::Within("machine-lxc\\x2d", ".scope")),
    Named(Runtime::Nspawn,     Place::Unit("systemd-nspawn@", ".service")),
    Named(Runtime::Nspawn,     Place::Unit("machine-", ".scope")),
];

/// Components that belong to what runs a container, not to the container.
const OF_THE_HOST: &[&[u8]] = &[b"conmon", b"supervisor"];

/// Starts of the names of virtual machines, which share their slice with containers.
const VIRTUAL_MACHINES: &[&[u8]] = &[b"qemu\\x2d"];

/// The container that the cgroup `path` belongs to, the innermost of several; `None` if it is none that is known.
#[must_use]
pub fn container_in(path: &[u8]) -> Option<InCgroup<'_>> {
    if path.len() < 2 || OF_THE_HOST.iter().any(|name| path.rsplit(|&b| b == b'/').next() == Some(name)) {
        return None;
    }
    digest(path).or_else(|| named(path)).or_else(|| containerd(path)).or_else(|| bpm(path))
}

/// Whether `path` is the group `group` or one below it.
#[must_use]
pub fn is_below(path: &[u8], group: &[u8]) -> bool {
    let group = group.strip_suffix(b"/").unwrap_or(group);
    path.strip_prefix(group).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

fn digest(path: &[u8]) -> Option<InCgroup<'_>> {
    let (runtime, prefix, id) = path.rsplit(|&b| b == b'/').find_map(digest_in)?;
    // Kubernetes' groups without systemd hold nothing of the runtime's name.
    let runtime = if prefix.is_empty() && path.starts_with(b"/kubepods") { Runtime::Cri } else { runtime };
    Some(InCgroup { runtime, full_id: Cow::Borrowed(id), shortened: true })
}

/// Runtime, what stands before the digest, and the digest, if `component` is made of them.
fn digest_in(component: &[u8]) -> Option<(Runtime, &'static str, &[u8])> {
    // Most are too short to hold one.
    if component.len() < FULL_ID {
        return None;
    }
    DIGESTS.iter().find_map(|&Digest(runtime, prefix, suffix)| {
        let inner = strip_around(component, prefix, suffix)?;
        is_digest(inner).then_some((runtime, prefix, inner))
    })
}

fn is_digest(id: &[u8]) -> bool {
    id.len() == FULL_ID && id.iter().all(u8::is_ascii_hexdigit)
}

/// What stands between `prefix`, which may begin anywhere if it is a separator, and `suffix`.
fn strip_around<'p>(component: &'p [u8], prefix: &str, suffix: &str) -> Option<&'p [u8]> {
    let inner = component.strip_suffix(suffix.as_bytes())?;
    if prefix.starts_with(':') {
        inner.get(last_of(inner, prefix.as_bytes())? + prefix.len()..)
    } else {
        inner.strip_prefix(prefix.as_bytes())
    }
}

/// Where `what` begins in `text` for the first time. Its first byte is looked for before all of it, as in all here: paths
/// are short and many, and hardly any has it.
fn first_of(text: &[u8], what: &[u8]) -> Option<usize> {
    let (&first, _) = what.split_first()?;
    (0..text.len()).find(|&at| is_at(text, at, first, what))
}

/// The same for the last time.
fn last_of(text: &[u8], what: &[u8]) -> Option<usize> {
    let (&first, _) = what.split_first()?;
    (0..text.len()).rev().find(|&at| is_at(text, at, first, what))
}

/// Whether `what`, which begins with `first`, stands in `text` at `at`.
#[inline]
fn is_at(text: &[u8], at: usize, first: u8, what: &[u8]) -> bool {
    text.get(at) == Some(&first) && text.get(at..).is_some_and(|rest| rest.starts_with(what))
}

fn named(path: &[u8]) -> Option<InCgroup<'_>> {
    NAMED.iter().find_map(|Named(runtime, place)| {
        let name = match place {
            Place::Below(parents) => Cow::Borrowed(below(path, parents)?),
            Place::Within(prefix, suffix) => Cow::Borrowed(within(path, prefix, suffix)?),
            Place::Unit(prefix, suffix) => unescaped(within(path, prefix, suffix)?),
        };
        Some(InCgroup { runtime: *runtime, full_id: name, shortened: false })
    })
}

fn components(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    path.split(|&b| b == b'/').filter(|component| !component.is_empty())
}

fn below<'p>(path: &'p [u8], parents: &[&str]) -> Option<&'p [u8]> {
    let mut matched = 0;
    for component in components(path) {
        match parents.get(matched) {
            None => return Some(component),
            Some(parent) if component == parent.as_bytes() => matched += 1,
            Some(_) => matched = 0,
        }
    }
    None
}

fn within<'p>(path: &'p [u8], prefix: &str, suffix: &str) -> Option<&'p [u8]> {
    // Names are looked at only where the first byte is the one.
    let starts = |component: &&[u8]| prefix.is_empty() || component.first() == prefix.as_bytes().first();
    components(path).rev().filter(starts).find_map(|component| {
        let inner = component.strip_prefix(prefix.as_bytes())?.strip_suffix(suffix.as_bytes())?;
        let is_machine = VIRTUAL_MACHINES.iter().any(|start| inner.starts_with(start));
        (!inner.is_empty() && !is_machine).then_some(inner)
    })
}

/// Undoes systemd's escapes (`\x2d`).
fn unescaped(name: &[u8]) -> Cow<'_, [u8]> {
    if !name.contains(&b'\\') {
        return Cow::Borrowed(name);
    }
    let mut out = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((&first, tail)) = rest.split_first() {
        let code = rest
            .strip_prefix(b"\\x")
            .and_then(|digits| std::str::from_utf8(digits.get(..2)?).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(code.unwrap_or(first));
        rest = if code.is_some() { rest.get(4..).unwrap_or_default() } else { tail };
    }
    Cow::Owned(out)
}

/// `/namespace/id`, with any id but that of a systemd unit.
fn containerd(path: &[u8]) -> Option<InCgroup<'_>> {
    let namespace = first_word_component(path)?;
    let id = path.get(last_of(path, namespace)? + namespace.len()..)?;
    let unit = [&b".service"[..], b".slice", b".scope"].iter().any(|end| path.ends_with(end));
    let fits = (1..=FULL_ID).contains(&id.len());
    (fits && !unit).then_some(InCgroup {
        runtime: Runtime::Containerd,
        full_id: Cow::Borrowed(id),
        shortened: true,
    })
}

/// The first component made of letters and digits, joined by single `.`, `_` or `-`, with the slashes around it.
fn first_word_component(path: &[u8]) -> Option<&[u8]> {
    let is_word = |word: &[u8]| {
        word.split(|b| b"._-".contains(b))
            .all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_alphanumeric))
    };
    let mut from = path.iter().position(|&b| b == b'/')?;
    loop {
        let len = path.get(from + 1..)?.iter().position(|&b| b == b'/')?;
        let to = from + 1 + len;
        if is_word(path.get(from + 1..to)?) {
            return path.get(from..=to);
        }
        from = to;
    }
}

fn bpm(path: &[u8]) -> Option<InCgroup<'_>> {
    const MARK: &[u8] = b"bpm-";
    let rest = path.get(first_of(path, MARK)? + MARK.len()..)?;
    let id = rest.get(..first_of(rest, b".scope").unwrap_or(rest.len()))?;
    let good = !id.is_empty() && id.iter().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(b));
    good.then_some(InCgroup { runtime: Runtime::Bpm, full_id: Cow::Borrowed(id), shortened: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";
    const SHORT: &str = "3ad7b26ded6d";

    fn found(path: &str) -> Option<(Runtime, String)> {
        let path = path.replace("{}", ID);
        container_in(path.as_bytes())
            .map(|found| (found.runtime, String::from_utf8(found.id().to_vec()).unwrap()))
    }

    #[test]
    fn each_runtime_is_known_by_its_layout() {
        #[rustfmt::skip]
        let rows = [
            ("/docker/{}",                                                               Runtime::Docker,     SHORT),
            ("/system.slice/docker-{}.scope",                                            Runtime::Docker,     SHORT),
            ("/actions_job/{}",                                                          Runtime::Docker,     SHORT),
            ("/kubepods.slice/kubepods-pod1b.slice/docker-{}.scope",                     Runtime::Docker,     SHORT),
            ("/system.slice/docker-{}.scope/init.scope",                                 Runtime::Docker,     SHORT),
            ("/docker/{}/system.slice/cron.service",                                     Runtime::Docker,     SHORT),
            ("/kubepods/burstable/pod1b0c/{}",                                           Runtime::Cri,        SHORT),
            ("/kubepods.slice/kubepods-pod1b.slice/cri-containerd-{}.scope",             Runtime::Cri,        SHORT),
            ("/system.slice/containerd.service/kubepods-besteffort-pod1.slice:cri-containerd:{}", Runtime::Cri, SHORT),
            ("/kubepods.slice/kubepods-pod1b.slice/crio-{}.scope",                       Runtime::Crio,       SHORT),
            ("/kubepods/besteffort/pod63/crio-{}",                                       Runtime::Crio,       SHORT),
            ("/machine.slice/libpod-{}.scope",                                           Runtime::Podman,     SHORT),
            ("/machine.slice/machine-libpod_pod_77.slice/libpod-{}.scope",               Runtime::Podman,     SHORT),
            ("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{}.scope/container", Runtime::Podman, SHORT),
            ("/libpod_parent/libpod-{}",                                                 Runtime::Podman,     SHORT),
            ("/system.slice/web.service/libpod-payload-{}",                              Runtime::Podman,     SHORT),
            ("/default/{}",                                                              Runtime::Docker,     SHORT),
            ("/default/test_container",                                                  Runtime::Containerd, "test_contain"),
            ("/my_very_long_namespace-1.5/a",                                            Runtime::Containerd, "a"),
            ("/system.slice/nerdctl-{}.scope",                                           Runtime::Containerd, SHORT),
            ("/lxc/a-name-longer-than-12",                                               Runtime::Lxc,        "a-name-longer-than-12"),
            ("/lxc.payload.web/system.slice/x.service",                                  Runtime::Lxc,        "web"),
            ("/lxc.payload/web",                                                         Runtime::Lxc,        "web"),
            ("/machine.slice/machine-lxc\\x2d22\\x2dweb.scope/libvirt",                  Runtime::LibvirtLxc, "22\\x2dweb"),
            ("/machine/web.libvirt-lxc",                                                 Runtime::LibvirtLxc, "web"),
            ("/libvirt/lxc/web",                                                         Runtime::LibvirtLxc, "web"),
            ("/machine.slice/systemd-nspawn@my\\x2dweb.service/payload",                 Runtime::Nspawn,     "my-web"),
            ("/machine.slice/machine-deb.scope",                                         Runtime::Nspawn,     "deb"),
            ("/machine.slice/machine-deb.scope/payload/system.slice/a.service",          Runtime::Nspawn,     "deb"),
            ("/machine.slice/x/bpm-job.a.scope",                                         Runtime::Bpm,        "job.a"),
        ];
        for (path, runtime, id) in rows {
            assert_eq!(found(path), Some((runtime, id.to_owned())), "{path}");
        }
    }

    #[test]
    fn groups_of_the_host_are_no_containers() {
        let paths = [
            "",
            "/",
            "/init.scope",
            "/user.slice/user-0.slice/session-13542.scope",
            "/system.slice/docker.service",
            "/system.slice/docker-3ad7b26ded6d.scope",
            "/kubepods.slice/kubepods-pod1b.slice/crio-conmon-{}.scope",
            "/machine.slice/libpod-conmon-{}.scope",
            "/libpod_parent/conmon",
            "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope",
            "/machine.slice/machine-deb.scope/supervisor",
            "/default/cron.service",
            "/namespace/.slice",
            "/docker/{}0",
            "/x/{}g",
        ];
        for path in paths {
            assert_eq!(found(path), None, "{path}");
        }
    }

    #[test]
    fn the_innermost_of_nested_containers_counts() {
        let other = "b".repeat(64);
        for path in [
            format!("/docker/{ID}/docker/{other}"),
            format!("/docker/{ID}/kubelet/kubepods/pod1/{other}"),
            format!("/machine.slice/libpod-{ID}.scope/container/docker/{other}"),
        ] {
            assert_eq!(container_in(path.as_bytes()).unwrap().full_id, other.as_bytes(), "{path}");
        }
    }

    #[test]
    fn any_bytes_are_an_answer() {
        let mut seed = 7_u32;
        for _ in 0..50_000 {
            let mut path = Vec::new();
            for _ in 0..8 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let pieces: [&[u8]; 12] = [
                    b"/",
                    b"//",
                    b"lxc",
                    b"libvirt",
                    b".scope",
                    b"machine-",
                    b"\\x2",
                    b"\\x2d",
                    b"docker-",
                    ID.as_bytes(),
                    b"bpm-",
                    b"\xff:cri-containerd:",
                ];
                path.extend_from_slice(pieces[(seed >> 16) as usize % pieces.len()]);
            }
            if let Some(found) = container_in(&path) {
                assert!(!found.id().is_empty(), "{path:?}");
            }
        }
    }

    #[test]
    fn a_group_holds_those_below_it_and_no_namesakes() {
        assert!(is_below(b"/a/b", b"/a/b") && is_below(b"/a/b/c", b"/a/b") && is_below(b"/a/b/c", b"/a/b/"));
        assert!(!is_below(b"/a/bc", b"/a/b") && !is_below(b"/a", b"/a/b"));
    }
}
