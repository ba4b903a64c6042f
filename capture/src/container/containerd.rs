//! containerd's containers: those of Kubernetes, of `ctr` and of `nerdctl`.
//!
//! Takes an id, gives what the bundle of its task tells, which containerd keeps below `/run` while the container runs;
//! names and addresses from nerdctl's and the network plugins' own files. Labels stand in a database that is not
//! read. Source: the files of containerd 1.4 to 2.1.

use super::about::{About, kind};
use super::below::Below;
use super::json::{list, number, text};
use super::{date, oci, pod};
use scap_schema::cgroup::{InCgroup, Runtime, short_id};

/// Where tasks' bundles lie, by namespace and id.
const TASKS: &str = "run/containerd/io.containerd.runtime.v2.task";

/// Where network plugins keep what they answered.
const NETWORKS: [&str; 2] = ["var/lib/cni/cache/results", "var/lib/cni/results"];

/// The container with `id` in any namespace.
pub(super) fn find(below: &Below, id: &str) -> Option<About> {
    below.names(TASKS).iter().find_map(|namespace| read(below, namespace, id))
}

/// The container of a group called after a namespace and an id of any form.
pub(super) fn named(below: &Below, place: &InCgroup<'_>) -> Option<About> {
    let id = std::str::from_utf8(&place.full_id).ok()?;
    if id.contains('/') { None } else { find(below, id) }
}

fn read(below: &Below, namespace: &str, id: &str) -> Option<About> {
    let spec = below.json(&format!("{TASKS}/{namespace}/{id}/config.json"))?;
    let annotations = oci::annotations(&spec);
    let mut about = About::with_digest(id, kind(Runtime::Containerd));
    oci::apply(&mut about, &spec);
    let own = |name: &str| annotations.get(name).cloned().unwrap_or_default();
    about.set_image(&own("io.kubernetes.cri.image-name"));
    about
        .labels
        .extend(annotations.iter().filter(|(name, _)| !is_own(name)).map(|(k, v)| (k.clone(), v.clone())));
    pod::apply(&mut about, &annotations);
    about.name = own("io.kubernetes.cri.container-name");
    if about.is_pod_sandbox {
        about.name = own("io.kubernetes.cri.sandbox-name");
    }
    nerdctl(&mut about, below, namespace, id);
    if about.name.is_empty() {
        // `ctr` knows no other name.
        about.name = String::from_utf8_lossy(short_id(id.as_bytes())).into_owned();
    }
    if about.image.is_empty() && !about.is_pod_sandbox {
        about.set_image(&own("org.opencontainers.image.ref.name"));
    }
    about.created = created(below, id);
    let networked = if about.pod_sandbox_id.is_empty() { id } else { &about.pod_sandbox_id };
    about.ip = address(below, networked);
    Some(about)
}

/// Whether an annotation is the runtime's own note.
fn is_own(name: &str) -> bool {
    name.starts_with("io.kubernetes.cri.")
        || name.starts_with("nerdctl/")
        || name.starts_with("io.containerd.")
}

/// What nerdctl writes down of its containers: a name and the image.
fn nerdctl(about: &mut About, below: &Below, namespace: &str, id: &str) {
    const DIR: &str = "var/lib/nerdctl";
    for store in below.names(DIR) {
        let meta = below.json(&format!("{DIR}/{store}/etchosts/{namespace}/{id}/meta.json"));
        let name = meta.map(|meta| text(&meta, &["Name"])).unwrap_or_default();
        if !name.is_empty() {
            about.name = name;
            return;
        }
        let named = below.names(&format!("{DIR}/{store}/names/{namespace}")).into_iter().find(|name| {
            below
                .text(&format!("{DIR}/{store}/names/{namespace}/{name}"))
                .is_some_and(|text| text.trim() == id)
        });
        if let Some(name) = named {
            about.name = name;
            return;
        }
    }
}

/// When a container of Kubernetes was made, seconds since the epoch.
fn created(below: &Below, id: &str) -> i64 {
    let dir = "var/lib/containerd/io.containerd.grpc.v1.cri/containers";
    let status = below.json(&format!("{dir}/{id}/status")).unwrap_or_default();
    let nanos = number(&status, &["CreatedAt"]);
    if nanos > 0 { nanos / 1_000_000_000 } else { date::seconds(&text(&status, &["CreatedAt"])) }
}

/// The IPv4 address that a network plugin gave container `id`; empty if none tells.
pub(super) fn address(below: &Below, id: &str) -> String {
    for dir in NETWORKS {
        for name in below.names(dir) {
            if !name.contains(id) || id.is_empty() {
                continue;
            }
            let cached = below.json(&format!("{dir}/{name}")).unwrap_or_default();
            let found = list(&cached, &["result", "ips"]).chain(list(&cached, &["ips"])).find_map(|ip| {
                let address = text(ip, &["address"]);
                let address = address.split('/').next().unwrap_or_default();
                address.parse::<std::net::Ipv4Addr>().ok()
            });
            if let Some(found) = found {
                return found.to_string();
            }
        }
    }
    String::new()
}
