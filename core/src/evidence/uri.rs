//! Addresses of objects: `s3://bucket/key`.

use std::fmt;

use super::ProbeFailure;

/// Scheme of objects on our own disk; always allowed. The host is the name of our store.
pub const OWN_SCHEME: &str = "patchbay";

/// Longest address that is read.
const LONGEST: usize = 2_048;

/// The address of an object: a scheme, a bucket, and a key that is not empty. Has no query, no user and no `..`, so that
/// it means the same to everybody who reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectUri {
    scheme: String,
    bucket: String,
    key: String,
}

impl ObjectUri {
    /// Reads an address whose scheme is one of `schemes` or our own. Error: `UNSUPPORTED_SCHEME` for any other scheme,
    /// `UNREACHABLE_URI` for what is no address of an object.
    pub fn parse(text: &str, schemes: &[String]) -> Result<Self, ProbeFailure> {
        let (scheme, rest) = text.split_once("://").ok_or(ProbeFailure::UnreachableUri)?;
        let scheme = scheme.to_ascii_lowercase();
        if scheme != OWN_SCHEME && !schemes.contains(&scheme) {
            return Err(ProbeFailure::UnsupportedScheme);
        }
        let (bucket, key) = rest.split_once('/').ok_or(ProbeFailure::UnreachableUri)?;
        let bucket_fits = !bucket.is_empty()
            && bucket.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_' | ':'));
        let key_fits = !key.is_empty()
            && key.chars().all(|letter| !letter.is_control() && !matches!(letter, '?' | '#' | '\\' | ' '))
            && key.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if text.len() > LONGEST || !bucket_fits || !key_fits {
            return Err(ProbeFailure::UnreachableUri);
        }
        Ok(Self { scheme, bucket: bucket.into(), key: key.into() })
    }

    /// The scheme, in lower case.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The bucket.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The key, without a slash before it.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for ObjectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}/{}", self.scheme, self.bucket, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: Result<(&str, &str, &str), ProbeFailure>) {
        let schemes = ["s3".to_owned(), "minio".to_owned()];
        let read = ObjectUri::parse(text, &schemes);
        let read = read.as_ref().map(|uri| (uri.scheme(), uri.bucket(), uri.key())).map_err(|failure| *failure);
        assert_eq!(read, expect, "{text}");
    }

    #[test]
    fn an_address_has_an_allowed_scheme_a_bucket_and_a_key() {
        check("s3://evidence/tickets/1/photo.jpg", Ok(("s3", "evidence", "tickets/1/photo.jpg")));
        check("MINIO://evidence/a", Ok(("minio", "evidence", "a")));
        check("patchbay://store/a", Ok(("patchbay", "store", "a")));
        check("https://evil.test/a", Err(ProbeFailure::UnsupportedScheme));
        check("file:///etc/passwd", Err(ProbeFailure::UnsupportedScheme));
    }

    #[test]
    fn what_is_no_address_of_an_object_is_refused() {
        for text in [
            "", "photo.jpg", "s3://", "s3://bucket", "s3://bucket/", "s3:///key", "s3://user@bucket/key",
            "s3://bucket/a/../b", "s3://bucket/./a", "s3://bucket//a", "s3://bucket/a?versionId=1", "s3://bucket/a#b",
            "s3://bucket/a b", "s3://bucket/a\nb", "s3://bucket/a\\b",
        ] {
            check(text, Err(ProbeFailure::UnreachableUri));
        }
        check(&format!("s3://bucket/{}", "a".repeat(3_000)), Err(ProbeFailure::UnreachableUri));
    }
}
