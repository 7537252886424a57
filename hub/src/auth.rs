//! Who somebody is: logging in with e-mail and password, staying logged in, logging out. Source: domain,
//! authentication.

mod client;
mod cookies;
mod grant;
mod login;
mod logout;
mod me;
mod password;
mod refresh;
mod throttle;

use axum::Extension;
use patchbay_http::{OpenApiRouter, routes};

pub use client::ClientAddress;
pub(crate) use password::check_policy;
pub use password::{MIN_PASSWORD_CHARS, Passwords};

use crate::Hub;

/// Log in, refresh, log out, and who am I.
pub fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new()
        .routes(routes!(login::login))
        .routes(routes!(refresh::refresh))
        .routes(routes!(logout::logout))
        .routes(routes!(me::me))
        .layer(Extension(Passwords::default()))
}
