//! Containers, as container events in the trace describe them.
//!
//! Source: the JSON of `container` events (libsinsp's container engines, later Falco's container plugin).
//! Nothing is looked up: a container the trace does not describe has an id and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use bincode::{Decode, Encode};
use hashbrown::HashMap;
use scap_schema::cgroup::is_below;
use serde_json::{Map, Value};

use crate::bytes::Bytes;
use crate::thread::{Cgroups, Probe};

/// Short id of a container: the first 12 digits, or the whole name where a runtime has only names.
pub type ContainerId = Bytes;

/// Most containers kept.
const MAX_CONTAINERS: usize = 65_536;

/// Most bytes of JSON that the containers kept were read from.
const MAX_BYTES: usize = 256 << 20;

/// Most control groups that containers may claim.
const MAX_GROUPS: usize = 1024;

/// Runtime of a container. The discriminants are libsinsp's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Encode, Decode)]
#[repr(u16)]
#[allow(missing_docs, reason = "named after the runtimes")]
pub enum ContainerKind {
    Docker = 0,
    Lxc = 1,
    LibvirtLxc = 2,
    Mesos = 3,
    Rkt = 4,
    Custom = 5,
    Cri = 6,
    Containerd = 7,
    Crio = 8,
    Bpm = 9,
    Static = 10,
    Podman = 11,
    /// No container.
    Host = 0xfffe,
    #[default]
    Unknown = 0xffff,
}

impl ContainerKind {
    /// From libsinsp's code.
    #[must_use]
    pub const fn from_code(code: u64) -> Self {
        match code {
            0 => Self::Docker,
            1 => Self::Lxc,
            2 => Self::LibvirtLxc,
            3 => Self::Mesos,
            4 => Self::Rkt,
            5 => Self::Custom,
            6 => Self::Cri,
            7 => Self::Containerd,
            8 => Self::Crio,
            9 => Self::Bpm,
            10 => Self::Static,
            11 => Self::Podman,
            0xfffe => Self::Host,
            _ => Self::Unknown,
        }
    }

    /// As `container.type` prints it; empty for those without a name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Lxc => "lxc",
            Self::LibvirtLxc => "libvirt-lxc",
            Self::Mesos => "mesos",
            Self::Rkt => "rkt",
            Self::Cri => "cri",
            Self::Containerd => "containerd",
            Self::Crio => "cri-o",
            Self::Bpm => "bpm",
            Self::Podman => "podman",
            Self::Host => "host",
            Self::Custom | Self::Static | Self::Unknown => "",
        }
    }
}

/// One mount of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Mount {
    /// Path on the host.
    pub source: String,
    /// Path in the container.
    pub dest: String,
    /// Mount mode, e.g. `ro`.
    pub mode: String,
    /// Whether it may be written to.
    pub rdwr: bool,
    /// Propagation, e.g. `rprivate`.
    pub propagation: String,
}

/// One forwarded port.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
pub struct PortMapping {
    /// Address on the host, as the runtime encodes it.
    pub host_ip: u32,
    /// Port on the host.
    pub host_port: u16,
    /// Port in the container.
    pub container_port: u16,
}

/// Command of a health probe.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct HealthProbe {
    /// Which probe.
    pub kind: Probe,
    /// First argument.
    pub exe: String,
    /// Further arguments.
    pub args: Vec<String>,
}

/// What is known of one container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[allow(missing_docs, reason = "fields are named as in the JSON of container events")]
pub struct Container {
    /// Short id; `host` for the host.
    pub id: String,
    pub full_id: String,
    pub kind: ContainerKind,
    pub name: String,
    pub image: String,
    pub image_id: String,
    pub image_repo: String,
    pub image_tag: String,
    pub image_digest: String,
    /// Address in dotted form; empty where unknown.
    pub ip: String,
    pub user: String,
    pub privileged: bool,
    pub host_pid: bool,
    pub host_network: bool,
    pub host_ipc: bool,
    pub is_pod_sandbox: bool,
    pub pod_sandbox_id: String,
    pub pod_sandbox_labels: BTreeMap<String, String>,
    /// Result of the network plugin, as JSON.
    pub cni_json: String,
    pub labels: BTreeMap<String, String>,
    pub env: Vec<String>,
    pub mounts: Vec<Mount>,
    pub port_mappings: Vec<PortMapping>,
    pub health_probes: Vec<HealthProbe>,
    /// Paths of its control groups, if their layout does not tell the id. An extension of the recorder's own.
    pub cgroups: Vec<String>,
    /// Seconds since the epoch.
    pub created_time: i64,
    pub memory_limit: i64,
    pub swap_limit: i64,
    pub cpu_shares: i64,
    pub cpu_quota: i64,
    pub cpu_period: i64,
    pub cpuset_cpu_count: i64,
    /// Bytes of the JSON it was read from.
    pub(crate) json_len: usize,
}

impl Container {
    /// The host, which counts as a container named `host`.
    #[must_use]
    pub fn host() -> Self {
        Self {
            id: "host".into(),
            full_id: "host".into(),
            name: "host".into(),
            kind: ContainerKind::Host,
            cpu_shares: 1024,
            cpu_period: 100_000,
            ..Self::default()
        }
    }

    /// From the JSON of a container event; `None` if it is not JSON or names no container.
    #[must_use]
    pub fn from_json(json: &[u8]) -> Option<Self> {
        let document: Value = serde_json::from_slice(json).ok()?;
        let c = document.get("container")?.as_object()?;
        let mounts = objects(c, "Mounts").map(|m| Mount {
            source: text(m, "Source"),
            dest: text(m, "Destination"),
            mode: text(m, "Mode"),
            rdwr: flag(m, "RW"),
            propagation: text(m, "Propagation"),
        });
        let ports = objects(c, "port_mappings").map(|p| PortMapping {
            host_ip: u32::try_from(number(p, "HostIp")).unwrap_or(0),
            host_port: u16::try_from(number(p, "HostPort")).unwrap_or(0),
            container_port: u16::try_from(number(p, "ContainerPort")).unwrap_or(0),
        });
        Some(Self {
            id: text(c, "id"),
            full_id: text(c, "full_id"),
            kind: c
                .get("type")
                .and_then(Value::as_u64)
                .map_or(ContainerKind::Unknown, ContainerKind::from_code),
            name: text(c, "name"),
            image: text(c, "image"),
            image_id: text(c, "imageid"),
            image_repo: text(c, "imagerepo"),
            image_tag: text(c, "imagetag"),
            image_digest: text(c, "imagedigest"),
            ip: text(c, "ip"),
            user: text(c, "User"),
            privileged: flag(c, "privileged"),
            host_pid: flag(c, "host_pid"),
            host_network: flag(c, "host_network"),
            host_ipc: flag(c, "host_ipc"),
            is_pod_sandbox: flag(c, "is_pod_sandbox"),
            pod_sandbox_id: text(c, "pod_sandbox_id"),
            pod_sandbox_labels: pairs(c, "pod_sandbox_labels"),
            cni_json: text(c, "cni_json"),
            labels: pairs(c, "labels"),
            env: texts(c, "env"),
            mounts: mounts.collect(),
            port_mappings: ports.collect(),
            health_probes: health_probes(c),
            cgroups: texts(c, "cgroups"),
            created_time: number(c, "created_time"),
            memory_limit: number(c, "memory_limit"),
            swap_limit: number(c, "swap_limit"),
            cpu_shares: number(c, "cpu_shares"),
            cpu_quota: number(c, "cpu_quota"),
            cpu_period: number(c, "cpu_period"),
            cpuset_cpu_count: number(c, "cpuset_cpu_count"),
            json_len: json.len(),
        })
    }

    /// Which probe runs `exe` with `args`.
    #[must_use]
    pub fn probe_of<'a>(&self, exe: &[u8], args: impl Iterator<Item = &'a [u8]> + Clone) -> Probe {
        self.health_probes
            .iter()
            .find(|p| p.exe.as_bytes() == exe && p.args.iter().map(String::as_bytes).eq(args.clone()))
            .map_or(Probe::None, |p| p.kind)
    }
}

/// Containers by short id; the host has the empty id.
#[derive(Debug, Clone)]
pub struct Containers {
    by_id: HashMap<ContainerId, Arc<Container>>,
    bytes: usize,
    /// Control groups that containers claimed, and whose they are; the deepest first.
    by_group: Vec<(Bytes, ContainerId)>,
    /// Threads that were looked at because a container claimed groups.
    pub(crate) looked_at: u64,
}

impl Default for Containers {
    fn default() -> Self {
        let host = (ContainerId::default(), Arc::new(Container::host()));
        Self { by_id: HashMap::from_iter([host]), bytes: 0, by_group: Vec::new(), looked_at: 0 }
    }
}

impl Containers {
    /// The container with short id `id`; the host for an empty one.
    #[must_use]
    pub fn at(&self, id: &[u8]) -> Option<&Arc<Container>> {
        self.by_id.get(id)
    }

    /// All, the host included, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Container>> + '_ {
        self.by_id.values()
    }

    /// Adds or replaces. `false` if the table is full; then the one it would have replaced is gone.
    pub(crate) fn put(&mut self, container: Arc<Container>) -> bool {
        let id = container.id.as_bytes();
        self.remove(id);
        let bytes = self.bytes.saturating_add(container.json_len);
        if self.by_id.len() >= MAX_CONTAINERS || bytes > MAX_BYTES {
            return false;
        }
        self.bytes = bytes;
        let id = Bytes::from(id);
        let mut container = container;
        if container.cgroups.len() > MAX_GROUPS.saturating_sub(self.by_group.len()) {
            Arc::make_mut(&mut container).cgroups.clear();
        }
        self.claim(&id, &container);
        self.by_id.insert(id, container);
        true
    }

    /// Enters the groups of `container`. Their order does not depend on when they came.
    fn claim(&mut self, id: &ContainerId, container: &Container) {
        if container.cgroups.is_empty() {
            return;
        }
        let claimed = container.cgroups.iter().filter(|group| group.len() > 1);
        self.by_group.extend(claimed.map(|group| (Bytes::from(group.as_bytes()), id.clone())));
        self.by_group.sort_unstable_by(|(a, of_a), (b, of_b)| {
            b.len().cmp(&a.len()).then_with(|| a.cmp(b)).then_with(|| of_a.cmp(of_b))
        });
    }

    /// The container that claimed one of these groups, or one above it.
    pub(crate) fn of_groups(&self, cgroups: &Cgroups) -> Option<&ContainerId> {
        if self.by_group.is_empty() {
            return None;
        }
        let claims = |path: &[u8]| self.by_group.iter().find(|(group, _)| is_below(path, group));
        cgroups.list.iter().find_map(|(_, path)| claims(path)).map(|(_, id)| id)
    }

    /// All with the ids they are found by, ascending.
    pub(crate) fn sorted(&self) -> Vec<(&ContainerId, &Container)> {
        let mut all: Vec<_> = self.by_id.iter().map(|(id, container)| (id, &**container)).collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        all
    }

    /// What [`Self::sorted`] gave, and the count of threads that were looked at; `None` if there are more than a table holds.
    pub(crate) fn restored(all: Vec<(ContainerId, Container)>, looked_at: u64) -> Option<Self> {
        let bytes = all.iter().try_fold(0usize, |sum, (_, container)| sum.checked_add(container.json_len))?;
        let mut containers = Self { bytes, looked_at, ..Self::default() };
        for (id, container) in all {
            containers.claim(&id, &container);
            containers.by_id.insert(id, Arc::new(container));
        }
        let fits = containers.by_id.len() <= MAX_CONTAINERS
            && bytes <= MAX_BYTES
            && containers.by_group.len() <= MAX_GROUPS;
        fits.then_some(containers)
    }

    pub(crate) fn remove(&mut self, id: &[u8]) {
        if let Some(gone) = self.by_id.remove(id) {
            self.bytes = self.bytes.saturating_sub(gone.json_len);
            if !gone.cgroups.is_empty() {
                self.by_group.retain(|(_, of)| **of != *id);
            }
        }
    }
}

type Object = Map<String, Value>;

fn text(object: &Object, key: &str) -> String {
    object.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn flag(object: &Object, key: &str) -> bool {
    object.get(key).and_then(Value::as_bool).unwrap_or_default()
}

fn number(object: &Object, key: &str) -> i64 {
    object.get(key).and_then(Value::as_i64).unwrap_or_default()
}

fn texts(object: &Object, key: &str) -> Vec<String> {
    let list = object.get(key).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn objects<'a>(object: &'a Object, key: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
    object.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

fn pairs(object: &Object, key: &str) -> BTreeMap<String, String> {
    let map = object.get(key).and_then(Value::as_object);
    map.into_iter().flatten().filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect()
}

fn health_probes(container: &Object) -> Vec<HealthProbe> {
    let kinds = [
        (Probe::Healthcheck, "Healthcheck"),
        (Probe::Liveness, "LivenessProbe"),
        (Probe::Readiness, "ReadinessProbe"),
    ];
    let found = kinds.into_iter().filter_map(|(kind, key)| {
        let probe = container.get(key)?.as_object()?;
        Some(HealthProbe { kind, exe: text(probe, "exe"), args: texts(probe, "args") })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_event_tells_all_it_holds() {
        let json = br#"{"container":{"id":"32a1026ccb88","type":0,"name":"web","image":"fedora:38","ip":"172.17.0.2",
            "privileged":true,"labels":{"a":"b"},"pod_sandbox_labels":null,"env":["X=1"],
            "Mounts":[{"Source":"/s","Destination":"/d","Mode":"ro","RW":false,"Propagation":"rprivate"}],
            "port_mappings":[{"HostIp":0,"HostPort":8080,"ContainerPort":80}],
            "Healthcheck":{"exe":"/bin/check","args":["-q"]},"created_time":1730971086}}"#;
        let c = Container::from_json(json).unwrap();
        assert_eq!((c.id.as_str(), c.kind, c.privileged), ("32a1026ccb88", ContainerKind::Docker, true));
        assert_eq!(c.mounts[0].dest, "/d");
        assert_eq!(c.port_mappings[0].host_port, 8080);
        assert_eq!(c.labels["a"], "b");
        assert_eq!(c.created_time, 1_730_971_086);
        assert_eq!(c.probe_of(b"/bin/check", [&b"-q"[..]].into_iter()), Probe::Healthcheck);
        assert_eq!(c.probe_of(b"/bin/check", [].into_iter()), Probe::None);
    }

    #[test]
    fn nonsense_is_no_container() {
        assert!(Container::from_json(b"{").is_none());
        assert!(Container::from_json(b"[]").is_none());
        assert!(Container::from_json(br#"{"container":7}"#).is_none());
        let odd = Container::from_json(br#"{"container":{"id":5,"Mounts":{},"env":"x"}}"#).unwrap();
        assert_eq!((odd.kind, odd.id.as_str(), odd.env.len()), (ContainerKind::Unknown, "", 0));
    }

    #[test]
    fn containers_are_kept_up_to_a_number_of_bytes() {
        let mut containers = Containers::default();
        let container =
            |id: &str, json_len| Arc::new(Container { id: id.into(), json_len, ..Container::default() });
        assert!(containers.put(container("a", MAX_BYTES - 5)));
        assert!(!containers.put(container("b", 6)));
        assert!(containers.put(container("a", 1)));
        assert!(containers.put(container("b", 6)));
        containers.remove(b"a");
        assert_eq!((containers.bytes, containers.iter().count()), (6, 2));
    }

    #[test]
    fn the_host_is_always_known() {
        let containers = Containers::default();
        assert_eq!(containers.at(b"").unwrap().name, "host");
        assert!(containers.at(b"abc").is_none());
    }
}
