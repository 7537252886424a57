//! Administration of what can be asked for and by which rules: the catalog of services, incident templates, ranking
//! rules.

mod incident_templates;
pub(crate) mod named_services;
mod ranking_rules;
mod services;

use crate::state::Hub;
use patchbay_http::{OpenApiRouter, routes};

/// The endpoints under `/api/v1/services`, `/api/v1/incident-templates` and `/api/v1/ranking-rules`.
pub fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new()
        .routes(routes!(services::list, services::create))
        .routes(routes!(services::read, services::change, services::deactivate))
        .routes(routes!(incident_templates::list, incident_templates::create))
        .routes(routes!(incident_templates::read, incident_templates::change, incident_templates::deactivate))
        .routes(routes!(ranking_rules::list, ranking_rules::create))
        .routes(routes!(ranking_rules::read, ranking_rules::change, ranking_rules::deactivate))
        .routes(routes!(ranking_rules::dry_run::dry_run))
}
