//! Ed25519 keys and signatures over a trace's hash chain.
//!
//! What is signed: the ASCII text `scap native signature 1` and the link of the chain behind the footer,
//! which covers every byte before. Keys come raw or from OpenSSH key files; as text they are OpenSSH public keys.

use std::fmt;

use ed25519_dalek::{Signer, Verifier};
use ssh_key::HashAlg;
use ssh_key::private::KeypairData;

use super::chain::Hash;
use super::record::SignatureRecord;

const CONTEXT: &[u8; 23] = b"scap native signature 1";

/// A secret key to sign traces with. Wiped from memory when dropped.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(of {})", self.public())
    }
}

/// A public key to check signatures with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl SigningKey {
    /// The key of a 32-byte seed (the secret part of an Ed25519 key file).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The key in an OpenSSH private key file (`ssh-keygen -t ed25519`), not protected by a passphrase.
    ///
    /// # Errors
    /// If it is none of that.
    pub fn from_openssh(file: &[u8]) -> Result<Self, KeyError> {
        let key = ssh_key::PrivateKey::from_openssh(file).map_err(|e| KeyError::Unreadable(e.to_string()))?;
        match key.key_data() {
            KeypairData::Ed25519(pair) => Ok(Self::from_seed(&pair.private.to_bytes())),
            KeypairData::Encrypted(_) => Err(KeyError::Encrypted),
            _ => Err(KeyError::NotEd25519(key.algorithm().to_string())),
        }
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs the chain as of this link.
    #[must_use]
    pub fn sign(&self, link: &Hash) -> SignatureRecord {
        SignatureRecord { public_key: self.public().0, signature: self.0.sign(&message(link)).to_bytes() }
    }
}

impl PublicKey {
    /// The key with these bytes, not yet checked to be a point of the curve.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key in an OpenSSH public key file: one line `ssh-ed25519 AAAA… comment`.
    ///
    /// # Errors
    /// If it is none of that.
    pub fn from_openssh(file: &str) -> Result<Self, KeyError> {
        let key =
            ssh_key::PublicKey::from_openssh(file.trim()).map_err(|e| KeyError::Unreadable(e.to_string()))?;
        match key.key_data().ed25519() {
            Some(key) => Ok(Self(key.0)),
            None => Err(KeyError::NotEd25519(key.algorithm().to_string())),
        }
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Its fingerprint as `ssh-keygen -l` prints it: `SHA256:…`.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.openssh().fingerprint(HashAlg::Sha256).to_string()
    }

    fn openssh(&self) -> ssh_key::PublicKey {
        ssh_key::PublicKey::from(ssh_key::public::Ed25519PublicKey(self.0))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.openssh().to_openssh().map_err(|_| fmt::Error)?)
    }
}

/// Why a file gives no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is no OpenSSH key file.
    #[error("not an OpenSSH key file: {0}")]
    Unreadable(String),
    /// A passphrase protects it.
    #[error("the key is protected by a passphrase: use a copy without one (ssh-keygen -p)")]
    Encrypted,
    /// It is of another kind.
    #[error("the key is of kind {0}, but traces are signed with Ed25519 keys (ssh-keygen -t ed25519)")]
    NotEd25519(String),
}

/// Whether the signature is its own public key's over the chain as of this link. Says nothing about whose key it is.
#[must_use]
pub(super) fn is_valid(record: &SignatureRecord, link: &Hash) -> bool {
    let signature = ed25519_dalek::Signature::from_bytes(&record.signature);
    ed25519_dalek::VerifyingKey::from_bytes(&record.public_key)
        .is_ok_and(|key| !key.is_weak() && key.verify(&message(link), &signature).is_ok())
}

fn message(link: &Hash) -> [u8; 55] {
    let mut message = [0; 55];
    message[..23].copy_from_slice(CONTEXT);
    message[23..].copy_from_slice(link);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made for this test by `ssh-keygen -t ed25519`.
    const PRIVATE: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\n\
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n\
QyNTUxOQAAACDdpFksTbCKd5VQcfQzcLzhtVL+4rPBCuAcMPBtK8zbywAAAIgzg2GsM4Nh\n\
rAAAAAtzc2gtZWQyNTUxOQAAACDdpFksTbCKd5VQcfQzcLzhtVL+4rPBCuAcMPBtK8zbyw\n\
AAAED5YB0vAfrmkDGStUAaajEbz8kdntZcCxXourCiPrxjJt2kWSxNsIp3lVBx9DNwvOG1\n\
Uv7is8EK4Bww8G0rzNvLAAAABHRlc3QB\n\
-----END OPENSSH PRIVATE KEY-----\n\
";
    const PUBLIC: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIN2kWSxNsIp3lVBx9DNwvOG1Uv7is8EK4Bww8G0rzNvL test";

    #[test]
    fn openssh_key_files_are_read() {
        let key = SigningKey::from_openssh(PRIVATE.as_bytes()).unwrap();
        assert_eq!(key.public(), PublicKey::from_openssh(PUBLIC).unwrap());
        assert_eq!(key.public().fingerprint(), "SHA256:HoC3gFpGQIm/GVueRXeiZPNNDgvMjtBxyEIW/s2VTJs");
        assert!(PUBLIC.starts_with(&key.public().to_string()));
        assert!(matches!(SigningKey::from_openssh(PUBLIC.as_bytes()), Err(KeyError::Unreadable(_))));
        assert!(matches!(PublicKey::from_openssh("ssh-ed25519 AAAA"), Err(KeyError::Unreadable(_))));
    }

    #[test]
    fn a_signature_fits_its_link_and_key_only() {
        let key = SigningKey::from_seed(&[7; 32]);
        let record = key.sign(&[1; 32]);
        assert!(is_valid(&record, &[1; 32]));
        assert!(!is_valid(&record, &[2; 32]));
        let other = SigningKey::from_seed(&[8; 32]).public();
        assert!(!is_valid(&SignatureRecord { public_key: *other.as_bytes(), ..record }, &[1; 32]));
    }
}
