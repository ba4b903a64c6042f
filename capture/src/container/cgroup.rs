//! Container ids from cgroup paths.
//!
//! Takes a cgroup path, or a thread's whole list as a trace holds it, gives runtime and id. A pure function over one
//! table of layouts, the more telling ones first. Source: how libsinsp's container engines match them, so that
//! ids are the ones Falco shows (12 digits of a 64-digit one); systemd-nspawn, which those do not know, is
//! matched as systemd names its units.

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
    /// Podman.
    Podman,
    /// LXC.
    Lxc,
    /// libvirt's LXC driver.
    LibvirtLxc,
    /// systemd-nspawn.
    Nspawn,
}

/// A container as its cgroup names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InCgroup {
    /// What runs it.
    pub runtime: Runtime,
    /// Its id as fields and outputs show it: 12 digits, or a name.
    pub id: String,
    /// Its id in full, as the runtime's files name it.
    pub full_id: String,
}

/// What an id looks like.
#[derive(Clone, Copy)]
enum Form {
    /// 64 hexadecimal digits to the end; shown as 12.
    Digest,
    /// Whatever the caller chose, up to 64 characters, but not a unit of systemd; shown as 12.
    Chosen,
    /// A name that systemd escaped; shown whole.
    Unit,
    /// A name up to the next slash; shown whole.
    Name,
}

/// How a runtime lays out its groups: what stands before the id, what after it, and what the id looks like.
struct Layout(Runtime, &'static str, &'static str, Form);

#[rustfmt::skip]
const LAYOUTS: &[Layout] = &[
    Layout(Runtime::Docker,     "/docker-",         ".scope",           Form::Digest),
    Layout(Runtime::Cri,        "/cri-containerd-", ".scope",           Form::Digest),
    Layout(Runtime::Cri,        ":cri-containerd:", "",                 Form::Digest),
    Layout(Runtime::Crio,       "/crio-",           ".scope",           Form::Digest),
    Layout(Runtime::Crio,       "/crio-",           "",                 Form::Digest),
    Layout(Runtime::Podman,     "/libpod-",         ".scope",           Form::Digest),
    Layout(Runtime::Podman,     "/libpod-",         ".scope/container", Form::Digest),
    Layout(Runtime::Podman,     "/libpod-",         "",                 Form::Digest),
    Layout(Runtime::Lxc,        "/lxc.payload/",    "",                 Form::Name),
    Layout(Runtime::Lxc,        "/lxc.payload.",    "",                 Form::Name),
    Layout(Runtime::Lxc,        "/lxc/",            "",                 Form::Name),
    Layout(Runtime::LibvirtLxc, "/machine-lxc\\x2d", ".scope/libvirt",  Form::Unit),
    Layout(Runtime::LibvirtLxc, "/machine-lxc\\x2d", ".scope",          Form::Unit),
    Layout(Runtime::LibvirtLxc, "/libvirt/lxc/",    "",                 Form::Name),
    Layout(Runtime::LibvirtLxc, "/",                ".libvirt-lxc",     Form::Unit),
    Layout(Runtime::Nspawn,     "/systemd-nspawn@", ".service",         Form::Unit),
    Layout(Runtime::Nspawn,     "/systemd-nspawn@", ".service/payload", Form::Unit),
    Layout(Runtime::Nspawn,     "/machine-",        ".scope",           Form::Unit),
    Layout(Runtime::Nspawn,     "/machine-",        ".scope/payload",   Form::Unit),
    Layout(Runtime::Containerd, "/default/",        "",                 Form::Chosen),
    // Control groups without systemd: the id alone, below groups that tell whose it is.
    Layout(Runtime::Docker,     "/docker/",         "",                 Form::Digest),
    Layout(Runtime::Docker,     "/",                "",                 Form::Digest),
];

/// The container of a thread whose cgroups are `list`, as [`ThreadEntry::cgroups`] has them; `None` on the host.
///
/// [`ThreadEntry::cgroups`]: scap_format::snapshot::ThreadEntry::cgroups
#[must_use]
pub fn container_of(list: &[u8]) -> Option<InCgroup> {
    list.split(|&b| b == 0).find_map(|entry| {
        let equals = entry.iter().position(|&b| b == b'=')?;
        // The name of a hierarchy may hold an equals sign itself (`name=systemd=/…`); its path begins with a slash.
        let slash = entry.get(equals..)?.windows(2).position(|pair| pair == b"=/")?;
        container_in(entry.get(equals + slash + 1..)?)
    })
}

/// The container that the cgroup `path` belongs to; `None` if it is none that is known.
#[must_use]
pub fn container_in(path: &[u8]) -> Option<InCgroup> {
    let path = std::str::from_utf8(path).ok()?;
    LAYOUTS.iter().find_map(|layout| layout.matches(path))
}

impl Layout {
    fn matches(&self, path: &str) -> Option<InCgroup> {
        let &Layout(runtime, prefix, suffix, form) = self;
        let full_id = match form {
            Form::Digest => last(path, prefix, suffix).filter(|id| is_digest(id))?.to_owned(),
            Form::Chosen => path.strip_prefix(prefix).filter(|id| is_chosen(id))?.to_owned(),
            Form::Unit => last(path, prefix, suffix).filter(|id| is_unit(id)).map(unescape)?,
            Form::Name => first(path, prefix).filter(|id| !id.is_empty())?.to_owned(),
        };
        // Kubernetes' groups without systemd hold nothing of the runtime's name.
        let runtime = if path.starts_with("/kubepods") && prefix == "/" { Runtime::Cri } else { runtime };
        let shown = match form {
            Form::Digest | Form::Chosen => full_id.chars().take(12).collect(),
            Form::Unit | Form::Name => full_id.clone(),
        };
        Some(InCgroup { runtime, id: shown, full_id })
    }
}

/// What stands between the last `prefix` and a closing `suffix`.
fn last<'a>(path: &'a str, prefix: &str, suffix: &str) -> Option<&'a str> {
    let head = path.strip_suffix(suffix)?;
    let start = head.rfind(prefix)? + prefix.len();
    head.get(start..)
}

/// What stands between the first `prefix` and the next slash.
fn first<'a>(path: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = path.get(path.find(prefix)? + prefix.len()..)?;
    rest.split('/').next()
}

fn is_digest(id: &str) -> bool {
    id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_chosen(id: &str) -> bool {
    let of_systemd = [".service", ".slice", ".scope"].iter().any(|kind| id.ends_with(kind));
    (1..=64).contains(&id.len()) && !of_systemd
}

/// A name of one unit, and not that of a virtual machine.
fn is_unit(id: &str) -> bool {
    !id.is_empty() && !id.contains('/') && !id.starts_with("qemu\\x2d")
}

/// Undoes systemd's escapes (`\x2d`) in a unit's name.
fn unescape(name: &str) -> String {
    let mut out = String::new();
    let mut rest = name;
    while let Some(at) = rest.find("\\x") {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let code = escape.get(2..4).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let known = code.filter(u8::is_ascii);
        out.push(known.map_or('\\', char::from));
        rest = escape.get(if known.is_some() { 4 } else { 1 }..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";

    fn found(path: &str) -> Option<(Runtime, String)> {
        container_in(path.replace("{}", ID).as_bytes()).map(|found| (found.runtime, found.id))
    }

    #[test]
    fn each_runtime_is_known_by_its_layout() {
        #[rustfmt::skip]
        let rows = [
            ("/docker/{}",                                                             Runtime::Docker,     "3ad7b26ded6d"),
            ("/system.slice/docker-{}.scope",                                          Runtime::Docker,     "3ad7b26ded6d"),
            ("/actions_job/{}",                                                        Runtime::Docker,     "3ad7b26ded6d"),
            ("/kubepods/burstable/pod1b0c/{}",                                         Runtime::Cri,        "3ad7b26ded6d"),
            ("/kubepods.slice/kubepods-pod1b.slice/cri-containerd-{}.scope",           Runtime::Cri,        "3ad7b26ded6d"),
            ("/system.slice/containerd.service/kubepods-besteffort-pod1.slice:cri-containerd:{}", Runtime::Cri, "3ad7b26ded6d"),
            ("/kubepods.slice/kubepods-pod1b.slice/crio-{}.scope",                     Runtime::Crio,       "3ad7b26ded6d"),
            ("/kubepods/besteffort/pod63/crio-{}",                                     Runtime::Crio,       "3ad7b26ded6d"),
            ("/machine.slice/libpod-{}.scope",                                         Runtime::Podman,     "3ad7b26ded6d"),
            ("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{}.scope/container", Runtime::Podman, "3ad7b26ded6d"),
            ("/libpod_parent/libpod-{}",                                               Runtime::Podman,     "3ad7b26ded6d"),
            ("/default/{}",                                                            Runtime::Containerd, "3ad7b26ded6d"),
            ("/default/test",                                                          Runtime::Containerd, "test"),
            ("/lxc/web",                                                               Runtime::Lxc,        "web"),
            ("/lxc.payload.web/system.slice/x.service",                                Runtime::Lxc,        "web"),
            ("/lxc.payload/web",                                                       Runtime::Lxc,        "web"),
            ("/machine.slice/machine-lxc\\x2d2293906\\x2dlibvirt\\x2dcontainer.scope/libvirt", Runtime::LibvirtLxc, "2293906-libvirt-container"),
            ("/machine.slice/systemd-nspawn@my\\x2dweb.service/payload",               Runtime::Nspawn,     "my-web"),
            ("/machine.slice/machine-deb.scope",                                       Runtime::Nspawn,     "deb"),
        ];
        for (path, runtime, id) in rows {
            assert_eq!(found(path), Some((runtime, id.to_owned())), "{path}");
        }
    }

    #[test]
    fn groups_of_the_host_are_no_containers() {
        let paths = [
            "/",
            "",
            "/user.slice/user-0.slice/session-13542.scope",
            "/system.slice/docker.service",
            "/system.slice/docker-3ad7b26ded6d.scope",
            "/kubepods.slice/kubepods-pod1b.slice/crio-conmon-{}.scope",
            "/machine.slice/libpod-conmon-{}.scope",
            "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope",
            "/default/cron.service",
            "/x/b0fe94ca8712aa787227d5b435930897",
            "/docker/{}0",
            "/lxc/",
        ];
        for path in paths {
            assert_eq!(found(path), None, "{path}");
        }
    }

    #[test]
    fn the_first_telling_entry_of_a_list_counts() {
        let list = format!("cpu=/\0name=systemd=/docker/{ID}\0memory=/x\0");
        let found = container_of(list.as_bytes()).unwrap();
        assert_eq!((found.id.as_str(), found.full_id.as_str()), ("3ad7b26ded6d", ID));
        assert_eq!(container_of(b"cpu=/\0memory=/user.slice\0"), None);
        assert_eq!(container_of(b"\0==\0=/\xff\0"), None);
    }
}
