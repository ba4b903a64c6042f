//! `required_engine_version` and `required_plugin_versions`.
//!
//! Rule files say which version of Falco's rule engine they were written for. This engine understands what
//! that of [`ENGINE_VERSION`] does.

/// Version of Falco's rule engine whose language this crate speaks.
pub const ENGINE_VERSION: (u32, u32, u32) = (0, 63, 0);

/// Three numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

impl Version {
    pub(super) const ENGINE: Version =
        Version { major: ENGINE_VERSION.0, minor: ENGINE_VERSION.1, patch: ENGINE_VERSION.2 };

    /// `x.y.z`; what follows a `-` or `+` is ignored.
    pub(super) fn parse(text: &str) -> Option<Version> {
        let core = text.split(['-', '+']).next()?;
        let mut parts = core.split('.').map(|part| part.parse::<u32>().ok());
        let version = Version { major: parts.next()??, minor: parts.next()??, patch: parts.next()?? };
        parts.next().is_none().then_some(version)
    }

    /// A requirement of the engine: a lone number is the minor version.
    pub(super) fn parse_engine(text: &str) -> Option<Version> {
        match text.parse() {
            Ok(minor) => Some(Version { minor, ..Version::ENGINE }),
            Err(_) => Version::parse(text),
        }
    }

    /// Whether rules that require `required` work with this version.
    pub(super) fn satisfies(self, required: Version) -> bool {
        self.major == required.major && (self.minor, self.patch) >= (required.minor, required.patch)
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_number_is_the_minor_version() {
        assert!(Version::ENGINE.satisfies(Version::parse_engine("13").unwrap()));
        assert!(Version::ENGINE.satisfies(Version::parse_engine("0.31.0").unwrap()));
        assert!(!Version::ENGINE.satisfies(Version::parse_engine("9999999").unwrap()));
        assert!(!Version::ENGINE.satisfies(Version::parse_engine("1.0.0").unwrap()));
        assert_eq!(Version::parse_engine("1.2"), None);
        assert_eq!(Version::parse_engine("a.b.c"), None);
    }
}
