//! What a browser may do with the page: run its own script, use its own style, nothing else.

use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha256};

/// A content security policy that names `style` and `script` by their hashes.
pub(super) fn of(style: &str, script: &str) -> String {
    format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(style),
        hash(script)
    )
}

fn hash(text: &str) -> String {
    format!("sha256-{}", Base64::encode_string(&Sha256::digest(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_named_by_the_hash_that_browsers_compute() {
        // The example of the specification of content security policies, level 2.
        assert_eq!(hash("alert('Hello, world.');"), "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=");
    }

    #[test]
    fn nothing_in_style_and_script_ends_their_elements() {
        for text in [super::super::STYLE, super::super::SCRIPT] {
            assert!(!text.contains("</") && !text.contains("<!--"));
        }
    }
}
