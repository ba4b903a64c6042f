//! A container as the JSON of a container event: the way back of [`Container::from_json`].

use serde_json::{Map, Value, json};

use crate::container::{Container, HealthProbe};
use crate::thread::Probe;

impl Container {
    /// The JSON document of a container event that describes it.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mounts = self.mounts.iter().map(|m| {
            json!({
                "Source": m.source, "Destination": m.dest, "Mode": m.mode, "RW": m.rdwr,
                "Propagation": m.propagation,
            })
        });
        let ports = self.port_mappings.iter().map(
            |p| json!({ "HostIp": p.host_ip, "HostPort": p.host_port, "ContainerPort": p.container_port }),
        );
        let mut about = json!({
            "id": self.id, "full_id": self.full_id, "type": self.kind as u16, "name": self.name,
            "image": self.image, "imageid": self.image_id, "imagerepo": self.image_repo,
            "imagetag": self.image_tag, "imagedigest": self.image_digest, "ip": self.ip, "User": self.user,
            "privileged": self.privileged, "host_pid": self.host_pid, "host_network": self.host_network,
            "host_ipc": self.host_ipc, "is_pod_sandbox": self.is_pod_sandbox,
            "pod_sandbox_id": self.pod_sandbox_id, "pod_sandbox_labels": self.pod_sandbox_labels,
            "cni_json": self.cni_json, "labels": self.labels, "env": self.env,
            "Mounts": mounts.collect::<Vec<_>>(), "port_mappings": ports.collect::<Vec<_>>(),
            "created_time": self.created_time, "memory_limit": self.memory_limit,
            "swap_limit": self.swap_limit, "cpu_shares": self.cpu_shares, "cpu_quota": self.cpu_quota,
            "cpu_period": self.cpu_period, "cpuset_cpu_count": self.cpuset_cpu_count,
        });
        if let Some(about) = about.as_object_mut() {
            self.health_probes.iter().for_each(|probe| add_probe(about, probe));
            if !self.cgroups.is_empty() {
                about.insert("cgroups".to_owned(), json!(self.cgroups));
            }
        }
        json!({ "container": about }).to_string().into_bytes()
    }
}

fn add_probe(about: &mut Map<String, Value>, probe: &HealthProbe) {
    let key = match probe.kind {
        Probe::Healthcheck => "Healthcheck",
        Probe::Liveness => "LivenessProbe",
        Probe::Readiness => "ReadinessProbe",
        Probe::None | Probe::Container => return,
    };
    about.insert(key.to_owned(), json!({ "exe": probe.exe, "args": probe.args }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_comes_back_from_its_json() {
        let json = br#"{"container":{"id":"32a1026ccb88","type":8,"name":"web","image":"fedora:38","ip":"172.17.0.2",
            "privileged":true,"labels":{"a":"b"},"pod_sandbox_labels":{"c":"d"},"env":["X=1"],"full_id":"32",
            "Mounts":[{"Source":"/s","Destination":"/d","Mode":"ro","RW":false,"Propagation":"rprivate"}],
            "port_mappings":[{"HostIp":3,"HostPort":8080,"ContainerPort":80}],"cni_json":"{}","User":"me",
            "Healthcheck":{"exe":"/bin/check","args":["-q"]},"created_time":1730971086,"cpu_shares":1024,
            "cgroups":["/a/b"]}}"#;
        let mut first = Container::from_json(json).unwrap();
        let mut again = Container::from_json(&first.to_json()).unwrap();
        (first.json_len, again.json_len) = (0, 0);
        assert_eq!(first, again);
    }
}
