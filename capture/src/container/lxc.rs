//! Containers of LXC, LXD, Incus and libvirt.
//!
//! Takes a name, gives what the container's configuration tells: lines `lxc.key = value`. libvirt keeps XML, of which
//! only the name is used. Source: lxc.container.conf(5).

use super::about::{About, Mount, kind};
use super::below::Below;
use super::json::{ENTRY_LIMIT, limited};
use scap_schema::cgroup::Runtime;

/// Where configurations lie, with `{}` for the name.
const FILES: [&str; 5] = [
    "var/lib/lxc/{}/config",
    "run/lxd/{}/lxc.conf",
    "run/incus/{}/lxc.conf",
    "var/snap/lxd/common/lxd/logs/{}/lxc.conf",
    "var/log/lxd/{}/lxc.conf",
];

/// The container called `name`.
pub(super) fn find(below: &Below, runtime: Runtime, name: &str) -> Option<About> {
    if name.contains('/') {
        return None;
    }
    let mut about = About::named(name, kind(runtime));
    if runtime == Runtime::LibvirtLxc {
        // systemd's name of it, `lxc-PID-NAME`, without what stands before the name.
        let plain = name.replace("\\x2d", "-");
        let bare = plain.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches('-');
        below.read(&format!("etc/libvirt/lxc/{bare}.xml"))?;
        bare.clone_into(&mut about.name);
        return Some(about);
    }
    let text = FILES.iter().find_map(|file| below.text(&file.replace("{}", name)))?;
    name.clone_into(&mut about.name);
    apply(&mut about, &text);
    Some(about)
}

fn apply(about: &mut About, text: &str) {
    let mut mapped = false;
    for line in text.lines().take(ENTRY_LIMIT * 8) {
        let Some((key, value)) = line.split_once('=') else { continue };
        let (key, value) = (key.trim(), limited(value.trim()));
        match key {
            "lxc.rootfs.path" | "lxc.rootfs" => {
                // What stands before the path is the kind of storage.
                let path = value.find('/').map_or("", |at| value.get(at..).unwrap_or_default());
                path.clone_into(&mut about.image);
            }
            "lxc.idmap" | "lxc.id_map" => mapped = true,
            "lxc.mount.entry" if about.mounts.len() < ENTRY_LIMIT => about.mounts.extend(mount(&value)),
            "lxc.environment" if about.env.len() < ENTRY_LIMIT => about.env.push(value),
            "lxc.namespace.keep" => {
                let keeps = |kind: &str| value.split(' ').any(|word| word == kind);
                about.host_pid = keeps("pid");
                about.host_network = keeps("net");
                about.host_ipc = keeps("ipc");
            }
            "lxc.net.0.type" if value == "none" => about.host_network = true,
            _ if key.starts_with("lxc.net.") && key.ends_with(".ipv4.address") && about.ip.is_empty() => {
                value.split('/').next().unwrap_or_default().clone_into(&mut about.ip);
            }
            _ => {}
        }
    }
    about.image_repo.clone_from(&about.image);
    // LXC calls a container privileged if root in it is root outside.
    about.privileged = !mapped;
}

/// A line of fstab(5), whose second word is relative to the container's root.
fn mount(entry: &str) -> Option<Mount> {
    let mut words = entry.split_ascii_whitespace();
    let (source, dest) = (words.next()?, words.next()?);
    let options = words.nth(1).unwrap_or_default();
    let has = |name: &str| options.split(',').any(|option| option == name);
    (has("bind") || has("rbind")).then(|| Mount {
        source: source.to_owned(),
        dest: format!("/{}", dest.trim_start_matches('/')),
        mode: if has("ro") { "ro".to_owned() } else { String::new() },
        rdwr: !has("ro"),
        propagation: String::new(),
    })
}
