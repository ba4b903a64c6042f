//! Containers of systemd-nspawn.
//!
//! Takes a machine's name, gives what systemd-machined wrote down of it below `/run/systemd/machines`, and what its
//! settings file tells. Source: systemd.nspawn(5), and the files of systemd 245 to 257.

use super::about::{About, Mount, kind};
use super::below::Below;
use super::json::{ENTRY_LIMIT, limited};
use scap_schema::cgroup::Runtime;

/// Where settings lie, with `{}` for the name.
const SETTINGS: [&str; 3] =
    ["etc/systemd/nspawn/{}.nspawn", "run/systemd/nspawn/{}.nspawn", "var/lib/machines/{}.nspawn"];

/// The machine called `name`.
pub(super) fn find(below: &Below, name: &str) -> Option<About> {
    if name.contains('/') {
        return None;
    }
    let record = below.text(&format!("run/systemd/machines/{name}"))?;
    let value = |wanted: &str| {
        let line = record.lines().find_map(|line| line.strip_prefix(wanted)?.strip_prefix('='));
        line.map(|value| limited(value.trim_matches('"'))).unwrap_or_default()
    };
    let class = value("CLASS");
    if !class.is_empty() && class != "container" {
        return None;
    }
    let mut about = About::named(name, kind(Runtime::Nspawn));
    name.clone_into(&mut about.name);
    about.image = value("ROOT");
    about.image_repo.clone_from(&about.image);
    about.created = value("REALTIME").parse::<i64>().unwrap_or(0) / 1_000_000;
    // Unless told otherwise, it shares the host's network.
    about.host_network = true;
    if let Some(settings) = SETTINGS.iter().find_map(|file| below.text(&file.replace("{}", name))) {
        apply(&mut about, &settings);
    }
    Some(about)
}

fn apply(about: &mut About, settings: &str) {
    for line in settings.lines().take(ENTRY_LIMIT) {
        let Some((key, value)) = line.split_once('=') else { continue };
        let value = limited(value.trim());
        match key.trim() {
            "Bind" => about.mounts.push(mount(&value, true)),
            "BindReadOnly" => about.mounts.push(mount(&value, false)),
            "Environment" => about.env.push(value),
            "User" => about.user = value,
            "Capability" => about.privileged |= value == "all",
            "Private" | "VirtualEthernet" => about.host_network &= !is_yes(&value),
            _ => {}
        }
    }
}

/// `source[:destination[:options]]`.
fn mount(text: &str, rdwr: bool) -> Mount {
    let mut parts = text.split(':');
    let source = parts.next().unwrap_or_default();
    Mount {
        source: source.to_owned(),
        dest: parts.next().unwrap_or(source).to_owned(),
        mode: if rdwr { String::new() } else { "ro".to_owned() },
        rdwr,
        propagation: String::new(),
    }
}

fn is_yes(value: &str) -> bool {
    matches!(value, "1" | "yes" | "true" | "on")
}
