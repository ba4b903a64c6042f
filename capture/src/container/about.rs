//! What is known of a container, and the document that tells it.
//!
//! Takes facts from any runtime, gives the JSON of a container event. Source of the keys: Falco's container plugin,
//! and libsinsp before it. One is our own: `cgroups`, for runtimes whose groups do not tell the id.

use super::image;
use scap_schema::cgroup::{Runtime, short_id};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Longest document that is written, bytes: with it an event still fits where lengths have 16 bits.
const DOCUMENT_LIMIT: usize = 60_000;

/// What is known of one container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields are named as in the JSON of container events")]
pub struct About {
    pub full_id: String,
    /// 12 digits, or a name; what control groups tell.
    pub id: String,
    /// libsinsp's code of the runtime.
    pub kind: u16,
    pub name: String,
    /// As the container was started with it.
    pub image: String,
    pub image_id: String,
    pub image_repo: String,
    pub image_tag: String,
    pub image_digest: String,
    /// IPv4 in dotted form.
    pub ip: String,
    pub user: String,
    pub privileged: bool,
    pub host_pid: bool,
    pub host_network: bool,
    pub host_ipc: bool,
    pub is_pod_sandbox: bool,
    pub pod_sandbox_id: String,
    pub pod_sandbox_labels: BTreeMap<String, String>,
    pub cni_json: String,
    pub labels: BTreeMap<String, String>,
    pub env: Vec<String>,
    pub mounts: Vec<Mount>,
    pub ports: Vec<Port>,
    /// Command and arguments.
    pub healthcheck: Option<(String, Vec<String>)>,
    /// Seconds since the epoch.
    pub created: i64,
    pub memory_limit: i64,
    pub swap_limit: i64,
    pub cpu_shares: i64,
    pub cpu_quota: i64,
    pub cpu_period: i64,
    pub cpuset_cpu_count: i64,
    /// Its control groups, where their names do not tell the id.
    pub groups: Vec<String>,
}

/// One mount of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields are named as in the JSON of container events")]
pub struct Mount {
    pub source: String,
    pub dest: String,
    pub mode: String,
    pub rdwr: bool,
    pub propagation: String,
}

/// One forwarded port.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields are named as in the JSON of container events")]
pub struct Port {
    pub host_ip: u32,
    pub host_port: u16,
    pub container_port: u16,
}

/// libsinsp's code of a runtime. It has none for systemd-nspawn and for runc by itself: those are custom ones.
pub(super) const fn kind(runtime: Runtime) -> u16 {
    match runtime {
        Runtime::Docker => 0,
        Runtime::Lxc => 1,
        Runtime::LibvirtLxc => 2,
        Runtime::Nspawn => CUSTOM,
        Runtime::Cri => 6,
        Runtime::Containerd => 7,
        Runtime::Crio => 8,
        Runtime::Bpm => 9,
        Runtime::Podman => 11,
    }
}

/// A runtime that libsinsp has no code for.
pub(super) const CUSTOM: u16 = 5;

impl About {
    /// A container with a 64-digit id, of which nothing else is known.
    pub(super) fn with_digest(full_id: &str, kind: u16) -> Self {
        let id = short_id(full_id.as_bytes());
        Self { id: String::from_utf8_lossy(id).into_owned(), ..Self::named(full_id, kind) }
    }

    /// A container whose name is its id.
    pub(super) fn named(id: &str, kind: u16) -> Self {
        Self {
            full_id: id.to_owned(),
            id: id.to_owned(),
            kind,
            cpu_shares: 1024,
            cpu_period: 100_000,
            ..Self::default()
        }
    }

    /// Takes over an image's name, and what its parts tell.
    pub(super) fn set_image(&mut self, reference: &str) {
        let parts = image::parse(reference);
        self.image = reference.to_owned();
        parts.repository.clone_into(&mut self.image_repo);
        parts.tag.clone_into(&mut self.image_tag);
        if !parts.digest.is_empty() {
            parts.digest.clone_into(&mut self.image_digest);
        }
    }

    /// Whether everything that outputs show is known; if not, a runtime may still be writing.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.name.is_empty() && (self.is_pod_sandbox || !self.image.is_empty())
    }

    /// Leaves out what is long and least missed, until the document is not too long.
    pub(super) fn within_limits(mut self) -> Self {
        let steps: [fn(&mut Self); 6] = [
            |about| about.env.retain(|variable| variable.len() <= 256),
            |about| about.env.clear(),
            |about| {
                about.labels.retain(|name, value| name.starts_with("io.kubernetes.") || value.len() <= 100)
            },
            |about| about.cni_json.clear(),
            |about| about.mounts.truncate(32),
            |about| {
                about.mounts.clear();
                about.pod_sandbox_labels.clear();
                about.labels.clear();
                about.groups.truncate(4);
            },
        ];
        for step in steps {
            if self.to_json().len() <= DOCUMENT_LIMIT {
                break;
            }
            step(&mut self);
        }
        self
    }

    /// The JSON document of a container event.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mounts = self.mounts.iter().map(|m| {
            json!({
                "Source": m.source, "Destination": m.dest, "Mode": m.mode, "RW": m.rdwr,
                "Propagation": m.propagation,
            })
        });
        let ports = self.ports.iter().map(
            |p| json!({ "HostIp": p.host_ip, "HostPort": p.host_port, "ContainerPort": p.container_port }),
        );
        let mut about = json!({
            "id": self.id, "full_id": self.full_id, "type": self.kind, "name": self.name,
            "image": self.image, "imageid": self.image_id, "imagerepo": self.image_repo,
            "imagetag": self.image_tag, "imagedigest": self.image_digest, "ip": self.ip, "User": self.user,
            "privileged": self.privileged, "host_pid": self.host_pid, "host_network": self.host_network,
            "host_ipc": self.host_ipc, "is_pod_sandbox": self.is_pod_sandbox,
            "pod_sandbox_id": self.pod_sandbox_id, "pod_sandbox_labels": self.pod_sandbox_labels,
            "cni_json": self.cni_json, "labels": self.labels, "env": self.env,
            "Mounts": mounts.collect::<Vec<_>>(), "port_mappings": ports.collect::<Vec<_>>(),
            "created_time": self.created, "memory_limit": self.memory_limit,
            "swap_limit": self.swap_limit, "cpu_shares": self.cpu_shares, "cpu_quota": self.cpu_quota,
            "cpu_period": self.cpu_period, "cpuset_cpu_count": self.cpuset_cpu_count,
            "lookup_state": 1, "metadata_deadline": 0,
        });
        if let Value::Object(about) = &mut about {
            if let Some((exe, args)) = &self.healthcheck {
                about.insert("Healthcheck".to_owned(), json!({ "exe": exe, "args": args }));
            }
            if !self.groups.is_empty() {
                about.insert("cgroups".to_owned(), json!(self.groups));
            }
        }
        json!({ "container": about }).to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_stays_within_its_limit_and_keeps_what_matters() {
        let mut about = About::with_digest(&"a".repeat(64), 0);
        about.set_image("nginx:1.22");
        about.name = "web".to_owned();
        about.env = (0..512).map(|n| format!("V{n}={}", "x".repeat(4000))).collect();
        about.labels = (0..512).map(|n| (format!("l{n}"), "y".repeat(4000))).collect();
        about.mounts = vec![Mount { source: "\u{1}".repeat(4096), ..Mount::default() }; 512];
        let about = about.within_limits();
        assert!(about.to_json().len() <= DOCUMENT_LIMIT);
        assert_eq!(
            (about.id.as_str(), about.name.as_str(), about.image_tag.as_str()),
            ("aaaaaaaaaaaa", "web", "1.22")
        );
    }
}
