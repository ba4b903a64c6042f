//! Path prefixes of the operator `pmatch`.
//!
//! A search path matches a path if its components are the first components of the path. Empty components do
//! not count, so leading, trailing and double slashes make no difference; `/` matches everything. Components
//! with `?`, `*` or `[` are wildcard patterns (libsinsp's `prefix_search`).

use super::glob;

/// Whether `search` is a path prefix of `path`.
pub(crate) fn is_prefix(search: &[u8], path: &[u8]) -> bool {
    let mut components = components(path);
    self::components(search).all(|wanted| {
        components.next().is_some_and(|component| {
            if wanted.iter().any(|b| matches!(b, b'?' | b'*' | b'[')) {
                glob::matches(wanted, component, false)
            } else {
                wanted == component
            }
        })
    })
}

/// The components of a path.
pub(crate) fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&b| b == b'/').filter(|component| !component.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_components_must_agree() {
        let cases: [(&str, &str, bool); 10] = [
            ("/var/run", "/var/run/docker", true),
            ("/var/run", "/var/run", true),
            ("/var/run", "/var/running", false),
            ("/var/run", "/var", false),
            ("/", "", true),
            ("/", "/anything", true),
            ("var", "/var/x", true),
            ("/var//run/", "/var/run/x", true),
            ("/home/*/.ssh", "/home/me/.ssh/id", true),
            ("/home/*/.ssh", "/home/.ssh/id", false),
        ];
        for (search, path, expected) in cases {
            assert_eq!(is_prefix(search.as_bytes(), path.as_bytes()), expected, "{search} {path}");
        }
    }
}
