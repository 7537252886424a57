//! The 20 km rule: a technician may be in work on two tickets at once only when they are near each other. Checked when a
//! ticket is dispatched, and again when its work begins or goes on, under the technician's lock. Source: domain, the 20
//! km rule; S4.

use serde_json::json;

use crate::code::Code;
use crate::ids::{SiteId, TicketId, ZoneId};
use crate::ticket::refusal::Refusal;

/// How far apart two jobs in work may be, in kilometers.
pub const FARTHEST_KM: f64 = 20.0;
/// Mean radius of the earth, in kilometers. Source: International Union of Geodesy and Geophysics, R1.
const EARTH_KM: f64 = 6371.0088;

/// A point on the earth, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Latitude.
    pub lat: f64,
    /// Longitude.
    pub lon: f64,
}

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// The site.
    pub site: SiteId,
    /// The zone it lies in.
    pub zone: Option<ZoneId>,
    /// The middle of that zone.
    pub middle: Option<Point>,
}

/// A job that the technician is in work on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OtherJob {
    /// The ticket.
    pub ticket: TicketId,
    /// Where it is.
    pub place: Place,
}

/// Great-circle distance, in kilometers.
pub fn between(one: Point, other: Point) -> f64 {
    let (lat, other_lat) = (one.lat.to_radians(), other.lat.to_radians());
    let half_lat = (other_lat - lat) / 2.0;
    let half_lon = (other.lon - one.lon).to_radians() / 2.0;
    let square = half_lat.sin().powi(2) + lat.cos() * other_lat.cos() * half_lon.sin().powi(2);
    // Rounding may carry the square of opposite points a little over 1.
    2.0 * EARTH_KM * square.min(1.0).sqrt().asin()
}

/// How far apart two places are, in kilometers. `None`: nobody can tell.
pub fn apart(one: &Place, other: &Place) -> Option<f64> {
    if one.site == other.site || (one.zone.is_some() && one.zone == other.zone) {
        return Some(0.0);
    }
    Some(between(one.middle?, other.middle?))
}

/// Whether two jobs may be in work at once. Places whose distance nobody can tell are too far apart.
pub fn near(one: &Place, other: &Place) -> bool {
    apart(one, other).is_some_and(|km| km <= FARTHEST_KM)
}

/// Refuses work at `here` while the technician is in work on another job too far away. Error: 409 `TECH_ZONE_CONFLICT`
/// with that job.
pub fn check(here: &Place, in_work: &[OtherJob]) -> Result<(), Refusal> {
    let Some(conflict) = in_work.iter().find(|other| !near(here, &other.place)) else { return Ok(()) };
    let distance = apart(here, &conflict.place).map(|km| (km * 10.0).round() / 10.0);
    let message = "the technician is in work on another ticket more than 20 km away";
    Err(Refusal::new(Code::TechZoneConflict, message)
        .because("other_ticket_id", conflict.ticket.to_string())
        .because("distance_km", json!(distance)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(zone: impl Into<Option<ZoneId>>, middle: Option<(f64, f64)>) -> Place {
        Place { site: SiteId::new(), zone: zone.into(), middle: middle.map(|(lat, lon)| Point { lat, lon }) }
    }

    fn zone() -> ZoneId {
        ZoneId::new()
    }

    #[test]
    fn distances_are_those_of_the_map() {
        let (montreal, quebec) = (Point { lat: 45.5019, lon: -73.5674 }, Point { lat: 46.8131, lon: -71.2075 });
        assert!((between(montreal, quebec) - 233.0).abs() < 2.0);
        assert!(between(montreal, montreal) < 1e-9);
        let (north, south) = (Point { lat: 90.0, lon: 0.0 }, Point { lat: -90.0, lon: 0.0 });
        assert!((between(north, south) - 20_015.0).abs() < 1.0);
    }

    #[test]
    fn twenty_kilometers_are_near_and_more_are_not() {
        // A degree of latitude is 111.195 km.
        let here = place(zone(), Some((45.0, -73.0)));
        assert!(near(&here, &place(zone(), Some((45.0 + 19.99 / 111.195, -73.0)))));
        assert!(!near(&here, &place(zone(), Some((45.0 + 20.01 / 111.195, -73.0)))));
    }

    #[test]
    fn the_same_zone_or_site_is_near_even_without_a_middle() {
        let zone = zone();
        assert_eq!(apart(&place(zone, None), &place(zone, None)), Some(0.0));
        let here = place(None, None);
        assert_eq!(apart(&here, &here), Some(0.0));
    }

    #[test]
    fn an_unknown_distance_is_a_conflict() {
        let here = place(zone(), Some((45.0, -73.0)));
        for other in [place(zone(), None), place(None, None)] {
            let other = OtherJob { ticket: TicketId::new(), place: other };
            let refusal = check(&here, &[other]).expect_err("refused");
            assert_eq!(refusal.code, Code::TechZoneConflict);
            assert_eq!(refusal.facts["other_ticket_id"], other.ticket.to_string());
            assert!(refusal.facts["distance_km"].is_null());
        }
        assert!(!near(&place(None, None), &place(None, None)));
    }

    #[test]
    fn the_conflict_names_the_job_that_is_too_far() {
        let here = place(zone(), Some((45.0, -73.0)));
        let near_by = OtherJob { ticket: TicketId::new(), place: place(zone(), Some((45.1, -73.0))) };
        let far = OtherJob { ticket: TicketId::new(), place: place(zone(), Some((45.315, -73.0))) };
        assert!(check(&here, &[near_by]).is_ok());
        let refusal = check(&here, &[near_by, far]).expect_err("refused");
        assert_eq!(refusal.facts["other_ticket_id"], far.ticket.to_string());
        assert_eq!(refusal.facts["distance_km"], 35.0);
    }
}
