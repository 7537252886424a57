//! Administration of accounts, their sites, and the contacts at them.

mod access;
mod account_body;
mod accounts;
mod contacts;
mod edit;
mod site_body;
mod sites;
mod text;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::Hub;

pub use account_body::AccountBody;
pub use contacts::SiteContactBody;
pub use site_body::SiteBody;

/// The endpoints under `/api/v1/accounts` and `/api/v1/sites`.
pub fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new()
        .routes(routes!(accounts::list, accounts::create))
        .routes(routes!(accounts::read, accounts::patch, accounts::deactivate))
        .routes(routes!(sites::list, sites::create))
        .routes(routes!(sites::read, sites::patch, sites::deactivate))
        .routes(routes!(contacts::list, contacts::put))
        .routes(routes!(contacts::remove))
}
