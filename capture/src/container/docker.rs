//! Docker's containers.
//!
//! Takes an id, gives what `containers/ID/config.v2.json` and `hostconfig.json` tell, and the image's digest from
//! `image/DRIVER/repositories.json`. Knows the default directory, the one that `/etc/docker/daemon.json` names, and those
//! of users who run Docker themselves. Source: the files of Docker 17 to 28.

use super::about::{About, Mount, Port, kind};
use super::below::Below;
use super::json::{at, flag, number, pairs, text, texts};
use super::oci::{cpus, positive};
use super::{date, pod, storage};
use scap_schema::cgroup::Runtime;
use serde_json::Value;
use std::net::Ipv4Addr;

const DEFAULT_DIR: &str = "var/lib/docker";

/// The container with the 64-digit `id`.
pub(super) fn find(below: &Below, id: &str) -> Option<About> {
    let set = below.json("etc/docker/daemon.json").map(|config| text(&config, &["data-root"]));
    let homes = storage::homes(below).into_iter().map(|home| format!("{home}/.local/share/docker"));
    let dirs = set.into_iter().filter(|dir| !dir.is_empty()).chain([DEFAULT_DIR.to_owned()]).chain(homes);
    dirs.into_iter().find_map(|dir| read(below, &dir, id))
}

fn read(below: &Below, dir: &str, id: &str) -> Option<About> {
    let config = below.json(&format!("{dir}/containers/{id}/config.v2.json"))?;
    let host = below.json(&format!("{dir}/containers/{id}/hostconfig.json")).unwrap_or_default();
    let mut about = About::with_digest(id, kind(Runtime::Docker));
    text(&config, &["Name"]).trim_start_matches('/').clone_into(&mut about.name);
    about.set_image(&text(&config, &["Config", "Image"]));
    let image = text(&config, &["Image"]);
    about.image_id = image.strip_prefix("sha256:").unwrap_or(&image).to_owned();
    if let Some(digest) = digest(below, dir, &text(&config, &["Driver"]), &image, &about.image_repo) {
        about.image_digest = digest;
    }
    about.created = date::seconds(&text(&config, &["Created"]));
    about.user = text(&config, &["Config", "User"]);
    about.env = texts(&config, &["Config", "Env"]);
    about.labels = pairs(&config, &["Config", "Labels"]);
    about.mounts = mounts(&config);
    about.ports = ports(&config);
    about.ip = address(&config);
    about.healthcheck = healthcheck(&config);
    limits(&mut about, &host);
    about.is_pod_sandbox = about.name.contains("k8s_POD");
    let labels = about.labels.clone();
    pod::apply(&mut about, &labels);
    Some(about)
}

fn limits(about: &mut About, host: &Value) {
    about.privileged = flag(host, &["Privileged"]);
    about.host_pid = text(host, &["PidMode"]) == "host";
    about.host_network = text(host, &["NetworkMode"]) == "host";
    about.host_ipc = text(host, &["IpcMode"]) == "host";
    about.memory_limit = number(host, &["Memory"]);
    about.swap_limit = number(host, &["MemorySwap"]);
    about.cpu_quota = number(host, &["CpuQuota"]);
    about.cpu_shares = positive(number(host, &["CpuShares"]), about.cpu_shares);
    about.cpu_period = positive(number(host, &["CpuPeriod"]), about.cpu_period);
    about.cpuset_cpu_count = cpus(&text(host, &["CpusetCpus"]));
}

fn mounts(config: &Value) -> Vec<Mount> {
    let points = at(config, &["MountPoints"]).and_then(Value::as_object);
    let mounts = points.into_iter().flatten().take(super::json::ENTRY_LIMIT).map(|(dest, mount)| Mount {
        source: text(mount, &["Source"]),
        dest: dest.clone(),
        mode: text(mount, &["Relabel"]),
        rdwr: flag(mount, &["RW"]),
        propagation: text(mount, &["Propagation"]),
    });
    mounts.collect()
}

/// TCP ports that the host forwards.
fn ports(config: &Value) -> Vec<Port> {
    let map = at(config, &["NetworkSettings", "Ports"]).and_then(Value::as_object);
    let ports = map.into_iter().flatten().flat_map(|(port, bindings)| {
        let port = port.strip_suffix("/tcp").and_then(|port| port.parse().ok());
        let bindings = bindings.as_array().map(Vec::as_slice).unwrap_or_default();
        bindings.iter().filter_map(move |binding| {
            let host_ip = text(binding, &["HostIp"]);
            Some(Port {
                host_ip: if host_ip.is_empty() { 0 } else { host_ip.parse::<Ipv4Addr>().ok()?.to_bits() },
                host_port: text(binding, &["HostPort"]).parse().ok()?,
                container_port: port?,
            })
        })
    });
    ports.take(super::json::ENTRY_LIMIT).collect()
}

/// Its address in the first network that gave it one.
fn address(config: &Value) -> String {
    let networks = at(config, &["NetworkSettings", "Networks"]).and_then(Value::as_object);
    let mut addresses = networks.into_iter().flatten().map(|(_, network)| text(network, &["IPAddress"]));
    addresses.find(|address| !address.is_empty()).unwrap_or_default()
}

fn healthcheck(config: &Value) -> Option<(String, Vec<String>)> {
    let test = texts(config, &["Config", "Healthcheck", "Test"]);
    match test.first()?.as_str() {
        "CMD" => Some((test.get(1)?.clone(), test.get(2..).unwrap_or_default().to_vec())),
        "CMD-SHELL" => Some(("/bin/sh".to_owned(), vec!["-c".to_owned(), test.get(1)?.clone()])),
        _ => None,
    }
}

/// The digest under which `image` (`sha256:…`) came from its registry.
fn digest(below: &Below, dir: &str, driver: &str, image: &str, repository: &str) -> Option<String> {
    if driver.contains('/') || driver.is_empty() {
        return None;
    }
    let known = below.json(&format!("{dir}/image/{driver}/repositories.json"))?;
    let known = at(&known, &["Repositories"])?.as_object()?;
    let own = known.get(repository).into_iter().chain(known.values());
    own.filter_map(Value::as_object).flatten().find_map(|(reference, id)| {
        let (_, digest) = reference.split_once('@')?;
        (id.as_str() == Some(image)).then(|| digest.to_owned())
    })
}
