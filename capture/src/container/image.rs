//! References to images.
//!
//! Takes `host:port/repository:tag@digest` as people and runtimes write it, gives its parts.

/// A reference taken apart; parts that it lacks are empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reference<'r> {
    pub(super) repository: &'r str,
    pub(super) tag: &'r str,
    pub(super) digest: &'r str,
}

/// Takes `reference` apart. An id without a name is a digest.
pub(super) fn parse(reference: &str) -> Reference<'_> {
    if reference.starts_with("sha256:") {
        return Reference { repository: "", tag: "", digest: reference };
    }
    let (name, digest) = reference.split_once('@').unwrap_or((reference, ""));
    // A colon before the last slash is that of a port.
    let slash = name.rfind('/').map_or(0, |at| at + 1);
    match name.get(slash..).and_then(|last| last.find(':')) {
        Some(colon) => {
            let (repository, tag) = name.split_at(slash + colon);
            Reference { repository, tag: tag.trim_start_matches(':'), digest }
        }
        None => Reference { repository: name, tag: "", digest },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_come_apart_at_tag_and_digest() {
        let parts = |text| {
            let Reference { repository, tag, digest } = parse(text);
            (repository, tag, digest)
        };
        assert_eq!(parts("nginx"), ("nginx", "", ""));
        assert_eq!(parts("nginx:1.22"), ("nginx", "1.22", ""));
        assert_eq!(parts("reg:5000/a/b"), ("reg:5000/a/b", "", ""));
        assert_eq!(parts("reg:5000/a/b:t@sha256:00"), ("reg:5000/a/b", "t", "sha256:00"));
        assert_eq!(parts("a@sha256:00"), ("a", "", "sha256:00"));
        assert_eq!(parts("sha256:00"), ("", "", "sha256:00"));
        assert_eq!(parts(""), ("", "", ""));
        assert_eq!(parts("é:/@:"), ("é:/", "", ":"));
    }
}
