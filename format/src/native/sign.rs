//! Ed25519 keys and signatures over a trace's hash chain.
//!
//! What is signed: the ASCII text `scap native signature 1` and the link of the chain behind the footer,
//! which covers every byte before. Keys are raw here; key files are read elsewhere.

use ed25519_dalek::{Signer, Verifier};

use super::chain::Hash;
use super::record::SignatureRecord;

const CONTEXT: &[u8; 23] = b"scap native signature 1";

/// A secret key to sign traces with. Wiped from memory when dropped.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey(of {:?})", self.public())
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

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
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
