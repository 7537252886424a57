//! Administration of accounts, their sites, the contacts at them, zones and assets; and what everybody in scope reads of
//! sites and assets.

mod account_body;
mod accounts;
mod asset_body;
mod assets;
mod contacts;
mod history;
mod site_body;
mod sites;
mod vehicles;
mod zones;

use crate::state::Hub;
use patchbay_http::{OpenApiRouter, routes};

pub use account_body::AccountBody;
pub use asset_body::AssetBody;
pub use contacts::SiteContactBody;
pub use site_body::SiteBody;
pub use vehicles::{NamedVehicle, record_vehicle};

/// The endpoints under `/api/v1/accounts`, `/api/v1/sites`, `/api/v1/zones` and `/api/v1/assets`, and the reads
/// `/sites/{id}`, `/assets` and `/assets/{id}`.
pub fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new()
        .routes(routes!(accounts::list, accounts::create))
        .routes(routes!(accounts::read, accounts::change, accounts::deactivate))
        .routes(routes!(sites::list, sites::create))
        .routes(routes!(sites::read, sites::change, sites::deactivate))
        .routes(routes!(contacts::list, contacts::put))
        .routes(routes!(contacts::remove))
        .routes(routes!(zones::list, zones::create))
        .routes(routes!(zones::read, zones::change, zones::deactivate))
        .routes(routes!(assets::list, assets::create))
        .routes(routes!(assets::read, assets::change, assets::deactivate))
        .routes(routes!(history::site))
        .routes(routes!(history::vehicle))
        .routes(routes!(history::asset))
}
