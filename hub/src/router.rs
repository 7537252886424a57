//! Every endpoint of the hub.

use utoipa_axum::router::OpenApiRouter;

use crate::state::Hub;
use crate::{contacts, conversations, files, replies};

/// Every endpoint of the hub.
pub fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new()
        .merge(conversations::router())
        .merge(replies::router())
        .merge(contacts::router())
        .merge(files::router())
}
