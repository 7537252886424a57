//! What dead letters and quarantined events have in common: who may see and mend them, and that each is settled once.

use axum::Json;
use patchbay_core::Code;
use patchbay_core::actor::Actor;
use patchbay_core::role::Role;
use patchbay_http::ApiError;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::HubError;

/// What came of settling one.
#[derive(Debug)]
pub enum Settled<R> {
    /// Settled just now.
    Done(Box<R>),
    /// Somebody settled it before; nothing was done.
    Already(Box<R>),
    /// It cannot be done anew, or whatever was wrong still is; this word says what.
    Refused(String),
    /// There is none with this id.
    Missing,
}

/// Something that waits for a person to settle it.
pub(super) trait Waiting {
    /// What it is called.
    const NAME: &'static str;
    /// Said of one that was settled before.
    const SETTLED: Code;

    /// `open`, `replayed` or `discarded`.
    fn status(&self) -> &str;
}

/// The answer to whoever settles one.
pub(super) fn answer<R: Waiting, B: From<R>>(settled: Settled<R>) -> Result<Json<B>, HubError> {
    match settled {
        Settled::Done(row) => Ok(Json((*row).into())),
        Settled::Already(row) => {
            let status = row.status().to_owned();
            let message = format!("this {} was {status} already", R::NAME);
            Err(ApiError::new(R::SETTLED, message).because("status", status).into())
        }
        Settled::Refused(why) => {
            let message = match why.as_str() {
                "not_kept" => "its request was not kept: there was no journal key when it came",
                "key_missing" => "it was sealed with a key that is not configured any more",
                "unavailable" => "it cannot be taken now; try again",
                _ => "whatever was wrong with it still is",
            };
            Err(ApiError::new(Code::ReplayRefused, message).because("reason", why).into())
        }
        Settled::Missing => Err(ApiError::not_found(R::NAME).into()),
    }
}

/// Which of them a list shows. Error: 400 `INVALID_QUERY`.
pub(super) fn status_of(asked: Option<&str>) -> Result<&str, ApiError> {
    match asked.unwrap_or("open") {
        status @ ("open" | "replayed" | "discarded") => Ok(status),
        _ => Err(ApiError::new(Code::InvalidQuery, "status must be open, replayed or discarded")),
    }
}

pub(super) fn require_operator(actor: &Actor) -> Result<(), ApiError> {
    match actor.role {
        Role::Admin | Role::Supervisor => Ok(()),
        _ => Err(ApiError::forbidden("only an admin or a supervisor may do this")),
    }
}

pub(super) fn require_observer(actor: &Actor) -> Result<(), ApiError> {
    if actor.role == Role::Auditor { Ok(()) } else { require_operator(actor) }
}

/// Why something is let be.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DiscardRequest {
    /// Why; up to 500 characters.
    #[serde(default)]
    pub(super) reason: Option<String>,
}

/// Why something is let be, as it is kept. Error: 400 `INVALID_REQUEST`.
pub(super) fn discard_note(reason: Option<&str>) -> Result<Option<String>, ApiError> {
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    match reason {
        Some(reason) if reason.chars().count() > 500 => {
            Err(ApiError::invalid("reason", "must not be longer than 500 characters"))
        }
        reason => Ok(reason.map(str::to_owned)),
    }
}
