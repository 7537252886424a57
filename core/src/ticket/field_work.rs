//! The work on site, as whoever does it reports it and as the desk stops it. Source: domain, commands 17 to 23, 34 and
//! 35.

pub mod accept;
pub mod check_in;
pub mod decline;
pub mod force_hold;
pub mod force_unassign;
pub mod hold;
pub mod request_change;
pub mod resume;

use serde_json::{Value, json};

use crate::ids::{TechnicianId, VendorId};
use crate::ticket::decision::Change;
use crate::ticket::record::Ticket;

/// Who is not to be asked again to do the work of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The technician.
    pub technician: Option<TechnicianId>,
    /// The vendor.
    pub vendor: Option<VendorId>,
}

impl Ticket {
    /// What others are told of who did the work so far: the ticket itself does not name them any more.
    pub fn performer_facts(&self) -> Value {
        json!({"previous_tech_id": self.assigned_tech_id, "previous_provider_id": self.assigned_provider_id})
    }

    /// Who does the work.
    fn performer(&self) -> Rejected {
        Rejected { technician: self.assigned_tech_id, vendor: self.assigned_provider_id }
    }
}

impl Change {
    /// The work is not blocked any more.
    pub fn resume(&mut self) {
        self.ticket.hold_reason = None;
        self.ticket.held_from_state = None;
    }
}
