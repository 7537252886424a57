//! Addresses that let their bearer make one request, signed with our key. The object store's own signer leaves out the
//! length of the body, and that is what bounds an upload. Source: Amazon S3 API reference, "Authenticating requests: using
//! query parameters (AWS Signature Version 4)".

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use object_store::aws::AwsCredential;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

/// Everything but unreserved characters is written as `%XX`.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request that somebody else may make.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    /// `https://host`, without a slash at the end.
    pub(super) origin: &'a str,
    /// The path, encoded as it will be sent.
    pub(super) path: &'a str,
    /// Headers that must be sent exactly so, with names in lower case.
    pub(super) headers: &'a [(&'static str, String)],
    pub(super) seconds: u64,
}

/// The address.
pub(super) fn presign(request: Request<'_>, credential: &AwsCredential, region: &str, now: DateTime<Utc>) -> String {
    let (day, time) = (now.format("%Y%m%d").to_string(), now.format("%Y%m%dT%H%M%SZ").to_string());
    let scope = format!("{day}/{region}/s3/aws4_request");
    let host = request.origin.split_once("://").map_or(request.origin, |(_, host)| host).to_owned();
    let mut headers: Vec<(&str, &str)> = request.headers.iter().map(|(name, value)| (*name, value.trim())).collect();
    headers.push(("host", &host));
    headers.sort_unstable();
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let lines = headers.iter().fold(String::new(), |lines, (name, value)| lines + name + ":" + value + "\n");
    let mut query = vec![
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256".to_owned()),
        ("X-Amz-Credential", format!("{}/{scope}", credential.key_id)),
        ("X-Amz-Date", time.clone()),
        ("X-Amz-Expires", request.seconds.to_string()),
        ("X-Amz-SignedHeaders", names.clone()),
    ];
    query.extend(credential.token.iter().map(|token| ("X-Amz-Security-Token", token.clone())));
    query.sort_unstable();
    let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let query = query.join("&");
    let asked = format!("{}\n{}\n{query}\n{lines}\n{names}\nUNSIGNED-PAYLOAD", request.method, request.path);
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex::encode(Sha256::digest(asked.as_bytes())));
    let steps = [day.as_str(), region, "s3", "aws4_request", &text];
    let first = format!("AWS4{}", credential.secret_key).into_bytes();
    let signature = steps.iter().fold(first, |key, step| mac(&key, step));
    format!("{}{}?{query}&X-Amz-Signature={}", request.origin, request.path, hex::encode(signature))
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, STRICT).to_string()
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length of key is taken");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_reference_is_signed_as_it_stands_there() {
        let credential = AwsCredential {
            key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
            token: None,
        };
        let now = DateTime::parse_from_rfc3339("2013-05-24T00:00:00Z").expect("a time").to_utc();
        let request = Request {
            method: "GET",
            origin: "https://examplebucket.s3.amazonaws.com",
            path: "/test.txt",
            headers: &[],
            seconds: 86_400,
        };
        let expect = "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
            &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
            &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
            &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
        assert_eq!(presign(request, &credential, "us-east-1", now), expect);
    }
}
