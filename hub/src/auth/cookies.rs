//! The cookies of a login: the access token for every path, the refresh token only for the paths that need it.

use axum::http::{HeaderMap, HeaderValue, header};
use patchbay_core::role::Portal;
use patchbay_http::ACCESS_COOKIE;

use crate::HubConfig;

/// Cookie that carries the refresh token of the console.
const REFRESH_COOKIE: &str = "patchbay_admin_refresh";
const TECHNICIAN_ACCESS_COOKIE: &str = "patchbay_technician";
const TECHNICIAN_REFRESH_COOKIE: &str = "patchbay_technician_refresh";
const REFRESH_PATH: &str = "/api/v1/auth";

/// Names of the cookies that may carry a refresh token.
pub(super) const REFRESH_COOKIES: [&str; 2] = [REFRESH_COOKIE, TECHNICIAN_REFRESH_COOKIE];

/// The cookies of one portal: a login to one does not end the login to another in the same browser.
fn names(portal: Portal) -> Option<(&'static str, &'static str)> {
    match portal {
        Portal::Admin => Some((ACCESS_COOKIE, REFRESH_COOKIE)),
        Portal::Technician => Some((TECHNICIAN_ACCESS_COOKIE, TECHNICIAN_REFRESH_COOKIE)),
        Portal::Customer | Portal::Service => None,
    }
}

/// Sets the cookies of a portal that has pages.
pub(super) fn set(
    headers: &mut HeaderMap,
    config: &HubConfig,
    portal: Portal,
    access: (&str, i64),
    refresh: (&str, i64),
) {
    if let Some((access_name, refresh_name)) = names(portal) {
        append(headers, config, access_name, access.0, "/", access.1);
        append(headers, config, refresh_name, refresh.0, REFRESH_PATH, refresh.1);
    }
}

/// Takes the cookies of a portal away.
pub(super) fn clear(headers: &mut HeaderMap, config: &HubConfig, portal: Portal) {
    if let Some((access_name, refresh_name)) = names(portal) {
        append(headers, config, access_name, "", "/", 0);
        append(headers, config, refresh_name, "", REFRESH_PATH, 0);
    }
}

fn append(headers: &mut HeaderMap, config: &HubConfig, name: &str, value: &str, path: &str, max_age_s: i64) {
    let secure = if config.secure_cookies { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path={path}; Max-Age={max_age_s}; HttpOnly; SameSite=Strict{secure}");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        headers.append(header::SET_COOKIE, value);
    }
}
