//! OpenSSH key files: an Ed25519 secret key to sign traces with, a public one to check them.

use anyhow::{Context, Result};
use scap_format::native::{PublicKey, SigningKey};
use std::path::Path;

/// The secret key in `path` (as `ssh-keygen -t ed25519` writes it, without passphrase).
///
/// # Errors
/// If it cannot be read or is no such key.
pub(crate) fn secret(path: &Path) -> Result<SigningKey> {
    let file = std::fs::read(path).with_context(|| format!("cannot read the key {}", path.display()))?;
    SigningKey::from_openssh(&file)
        .with_context(|| format!("{}: no secret key as `ssh-keygen -t ed25519` makes them", path.display()))
}

/// The public key in `path` (the `.pub` file beside a secret key).
///
/// # Errors
/// If it cannot be read or is no such key.
pub(crate) fn public(path: &Path) -> Result<PublicKey> {
    let file =
        std::fs::read_to_string(path).with_context(|| format!("cannot read the key {}", path.display()))?;
    PublicKey::from_openssh(&file).with_context(|| {
        format!("{}: no public key as `ssh-keygen -t ed25519` makes them (.pub)", path.display())
    })
}
