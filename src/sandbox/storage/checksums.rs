//! The checksums and entity tags of Storage, in the encodings Google answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};

/// Base64 of the sixteen bytes.
pub(super) fn md5_hash(content: &[u8]) -> String {
    BASE64.encode(Md5::digest(content))
}

/// Base64 of the four bytes, most significant first (Castagnoli).
pub(super) fn crc32c(content: &[u8]) -> String {
    BASE64.encode(crc32c::crc32c(content).to_be_bytes())
}

/// A bucket's etag holds its metageneration: `CAE=` is 1.
pub(super) fn bucket_etag(metageneration: u64) -> String {
    let mut bytes = vec![0x08];
    push_varint(&mut bytes, metageneration);
    BASE64.encode(bytes)
}

/// An object's etag holds its generation and metageneration.
pub(super) fn object_etag(generation: u64, metageneration: u64) -> String {
    let mut bytes = vec![0x08];
    push_varint(&mut bytes, generation);
    bytes.push(0x10);
    push_varint(&mut bytes, metageneration);
    BASE64.encode(bytes)
}

fn push_varint(bytes: &mut Vec<u8>, mut number: u64) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            bytes.push(low & 0x7f);
            return;
        }
        bytes.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_recorded_for_hello_world() {
        assert_eq!(md5_hash(b"hello world"), "XrY7u+Ae7tCTyyK7j1rNww==");
        assert_eq!(crc32c(b"hello world"), "yZRlqg==");
    }

    #[test]
    fn etags_are_those_recorded() {
        assert_eq!(bucket_etag(1), "CAE=");
        assert_eq!(bucket_etag(5), "CAU=");
        assert_eq!(object_etag(1_773_932_907_106_454, 1), "CJahooafrJMDEAE=");
        assert_eq!(object_etag(1_764_618_068_912_236, 1), "COzQpcmSnZEDEAE=");
    }
}
