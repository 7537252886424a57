//! Contacts: who writes, by which addresses, and what there is to know about them; two that are one made one; lists in
//! and out; and forgetting them.

mod body;
mod create;
mod erase;
mod export;
mod import;
mod list_file;
mod merge;
mod moved;
mod read;
mod redact;
mod suggest;
mod tell;
mod tidy;
mod undo;
mod write;

use crate::state::Hub;
use patchbay_http::{OpenApiRouter, routes};

pub use body::{ContactBody, IdentityBody};
pub use import::{ImportStep, import_rows};
pub use tidy::{TidyError, tidy_contact};

/// The endpoints under `/api/v1/contacts`.
pub fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new()
        .routes(routes!(read::list, create::create))
        .routes(routes!(list_file::download))
        .routes(routes!(import::start))
        .routes(routes!(import::progress))
        .routes(routes!(read::get, write::patch))
        .routes(routes!(read::context))
        .routes(routes!(write::add_identity))
        .routes(routes!(write::remove_identity))
        .routes(routes!(merge::merge))
        .routes(routes!(undo::undo))
        .routes(routes!(export::export))
        .routes(routes!(erase::erase))
}
