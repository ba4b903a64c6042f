//! `required_engine_version` and `required_plugin_versions` items.

use super::problems::Context;
use super::value::{Read, Reading};
use super::version::Version;
use crate::report::Code;
use crate::yaml::Node;

/// Plugins whose fields are built in.
const BUILT_IN_PLUGINS: [&str; 1] = ["container"];

pub(super) fn engine_version(reading: &mut Reading<'_, '_>, parent: &Context) -> Read<()> {
    reading.context = parent.within("required_engine_version", "", reading.node.place);
    let text = reading.text("required_engine_version")?;
    let at = reading.node.get("required_engine_version");
    let Some(required) = Version::parse_engine(&text) else {
        return reading.invalid(&format!("`{text}` is no version; write a number or x.y.z"), at);
    };
    if !Version::ENGINE.satisfies(required) {
        let message = format!("the rules need engine version {required}; this is {}", Version::ENGINE);
        reading.problems.add(Code::ErrValidate, &message, at.map(|node| node.place), &reading.context);
    }
    reading.warn_unknown_keys(&["required_engine_version"]);
    Ok(())
}

pub(super) fn plugin_versions(reading: &mut Reading<'_, '_>, parent: &Context) -> Read<()> {
    let kind = "required plugin versions";
    reading.context = parent.within(kind, "", reading.node.place);
    let list = reading.node.get("required_plugin_versions");
    let Some(plugins) = list.and_then(Node::sequence) else {
        return reading.invalid("`required_plugin_versions` must be a list", list);
    };
    let outer = reading.context.clone();
    for plugin in plugins {
        let context = outer.within("required plugin versions entry", "", plugin.place);
        let mut entry = Reading { node: plugin, context, problems: reading.problems };
        let _: Read<()> = plugin_version(&mut entry, &outer);
    }
    reading.warn_unknown_keys(&["required_plugin_versions"]);
    Ok(())
}

fn plugin_version(entry: &mut Reading<'_, '_>, parent: &Context) -> Read<()> {
    if entry.node.entries().is_none() {
        return entry.invalid("a plugin is a mapping with `name` and `version`", None);
    }
    let name = entry.text("name")?;
    entry.context = parent.within("required plugin versions entry", &name, entry.node.place);
    let mut names = vec![requirement(entry)?];
    if let Some(alternatives) = entry.node.get("alternatives") {
        let Some(alternatives) = alternatives.sequence() else {
            return entry.invalid("`alternatives` must be a list", Some(alternatives));
        };
        for node in alternatives {
            let context = entry.context.within("required plugin versions alternative", "", node.place);
            let mut alternative = Reading { node, context, problems: entry.problems };
            if node.entries().is_none() {
                return alternative.invalid("an alternative is a mapping with `name` and `version`", None);
            }
            let name = requirement(&mut alternative)?;
            if names.contains(&name) {
                let message = format!("plugin `{name}` is required twice in one entry");
                alternative.problems.add(Code::ErrValidate, &message, None, &alternative.context);
            }
            names.push(name);
        }
    }
    if !names.iter().any(|name| BUILT_IN_PLUGINS.contains(&name.as_str())) {
        let message = format!("plugin `{name}` is not known here; rules of its event sources are skipped");
        entry.problems.add(Code::UnknownSource, &message, None, &entry.context);
    }
    Ok(())
}

/// Checks one `name` and `version`; gives the name.
fn requirement(entry: &mut Reading<'_, '_>) -> Read<String> {
    let name = entry.text("name")?;
    let version = entry.text("version")?;
    if Version::parse(&version).is_none() {
        let message = format!("`{version}` is no version of plugin `{name}`; write x.y.z");
        let place = entry.node.get("version").map(|node| node.place);
        entry.problems.add(Code::ErrValidate, &message, place, &entry.context);
    }
    Ok(name)
}
