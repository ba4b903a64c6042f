//! Patterns of paths: `*` is any run of bytes, slashes included, `?` any one byte.

/// A pattern of paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<u8>);

impl Pattern {
    pub(super) fn new(glob: &[u8]) -> Self {
        Self(glob.to_vec())
    }

    /// Whether `path` matches: as it stands, as a directory, or without the kernel's mark of a removed file.
    pub(super) fn matches(&self, path: &[u8]) -> bool {
        let bare = path.strip_suffix(b" (deleted)").unwrap_or(path);
        matches(&self.0, bare) || (!bare.ends_with(b"/") && matches(&self.0, &[bare, b"/"].concat()))
    }
}

/// Takes time proportional to the product of both lengths at most.
fn matches(glob: &[u8], text: &[u8]) -> bool {
    let (mut g, mut t) = (0, 0);
    // Where to go on if what follows the last star does not fit: behind the star, one byte further in the text.
    let mut retry: Option<(usize, usize)> = None;
    while let Some(&byte) = text.get(t) {
        match glob.get(g) {
            Some(b'*') => {
                retry = Some((g + 1, t));
                g += 1;
            }
            Some(&wanted) if wanted == b'?' || wanted == byte => (g, t) = (g + 1, t + 1),
            _ => match retry {
                Some((after, at)) => {
                    retry = Some((after, at + 1));
                    (g, t) = (after, at + 1);
                }
                None => return false,
            },
        }
    }
    glob.get(g..).unwrap_or_default().iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_spans_directories() {
        let home = Pattern::new(b"/home/ann/*");
        assert!(home.matches(b"/home/ann/a/b"));
        assert!(home.matches(b"/home/ann"));
        assert!(!home.matches(b"/home/anna"));
        assert!(Pattern::new(b"*/x?z").matches(b"/tmp/xyz (deleted)"));
        assert!(!Pattern::new(b"/a").matches(b"/ab"));
        assert!(Pattern::new(b"a*b*c").matches(b"abbbcbc"));
    }
}
