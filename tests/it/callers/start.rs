//! What stops a start.

use super::server::serve_to_its_end;

/// Ends with exit code 2 and one line that holds every one of `names`.
#[track_caller]
fn refused(settings: &str, variables: &[(&str, &str)], names: &[&str]) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let port = patchbay_tests::services::free_port();
    let settings = format!("listen = \"127.0.0.1:{port}\"\n{settings}");
    let output = serve_to_its_end(folder.path(), &settings, variables);
    let line = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{settings}\n{line}");
    assert_eq!(line.trim().lines().count(), 1, "{line}");
    for name in names {
        assert!(line.contains(name), "{name} is not in: {line}");
    }
}

const SECRET: &str = "a-secret-of-tests-that-is-long-enough-to-sign-with";

#[test]
fn production_needs_something_to_check_tokens_with() {
    refused("env = \"production\"", &[], &["production", "auth.jwt_secret"]);
}

#[test]
fn production_refuses_a_weak_secret() {
    refused("env = \"production\"\n[auth]\njwt_secret = \"short\"", &[], &["auth.jwt_secret", "32"]);
    refused("env = \"production\"", &[("DISPATCH_AUTH_JWT_SECRET", "short")], &["auth.jwt_secret", "32"]);
}

#[test]
fn production_refuses_development_headers() {
    let secret = ("DISPATCH_AUTH_JWT_SECRET", SECRET);
    let name = "DISPATCH_AUTH_ALLOW_DEV_HEADERS";
    refused("env = \"production\"", &[secret, (name, "true")], &["production", name]);
    refused("env = \"production\"\n[auth]\nallow_dev_headers = true", &[secret], &["production", name]);
}

#[test]
fn production_fetches_published_keys_over_tls_only() {
    let settings = "env = \"production\"\n[auth]\njwks_url = \"http://issuer.test/jwks\"";
    refused(settings, &[], &["auth.jwks_url", "https://"]);
}

#[test]
fn a_published_name_with_a_value_that_does_not_fit_is_named() {
    refused("", &[("DISPATCH_SMS_ENABLED", "perhaps")], &["DISPATCH_SMS_ENABLED"]);
    refused("", &[("DISPATCH_OUTBOX_POLL_MS", "soon")], &["DISPATCH_OUTBOX_POLL_MS"]);
    refused("", &[("DISPATCH_API_PORT", "http")], &["listen"]);
}
