use std::collections::BTreeSet;

use patchbay_core::actor::{Actor, Scope};
use patchbay_core::ids::{ActorId, SiteId, TechnicianId, VendorId};
use patchbay_core::role::Role;
use patchbay_core::ticket::Ticket;
use patchbay_core::ticket::policy::{self, Facts, Performer};

use super::{Asker, Place, STATES, refusal, rows};
use crate::tests::{App, both_engines, some_id};

both_engines! {
    policy_says_what_the_matrix_says_everywhere;
}

/// Whose work it is.
const PERFORMERS: [Performer; 3] = [Performer::Nobody, Performer::Actor, Performer::Other];

/// Every command, role, state, place and performer; thousands of them without a request.
async fn policy_says_what_the_matrix_says_everywhere(app: App) {
    let template = app.ticket_in(STATES[0], TechnicianId::new()).await;
    let mut asked = 0;
    for row in rows() {
        for role in Role::ALL.iter().copied() {
            for state in STATES {
                for (reach, performer) in
                    [Place::Here, Place::Elsewhere].into_iter().flat_map(|place| PERFORMERS.map(|who| (place, who)))
                {
                    let asker = Asker { role, id: some_id(), reach };
                    let ticket = Ticket { state: *state, ..template.clone() };
                    let ticket = match performer {
                        Performer::Nobody => ticket,
                        Performer::Actor if role == Role::Vendor => {
                            Ticket { assigned_provider_id: Some(VendorId(asker.id)), ..ticket }
                        }
                        Performer::Actor => Ticket { assigned_tech_id: Some(TechnicianId(asker.id)), ..ticket },
                        Performer::Other => Ticket { assigned_tech_id: Some(TechnicianId::new()), ..ticket },
                    };
                    let sites = match reach {
                        Place::Here => BTreeSet::from([ticket.site_id]),
                        Place::Elsewhere => BTreeSet::from([SiteId::new()]),
                    };
                    let actor = Actor {
                        id: ActorId(asker.id),
                        role,
                        actor_type: role.default_actor_type(),
                        sites: Scope::Only(sites),
                        portal: None,
                        ..Actor::system()
                    };
                    let (account_id, site_id) = (ticket.account_id, ticket.site_id);
                    let facts = Facts { account_id, site_id, state: Some(*state), performer };
                    let seen = policy::may(&actor, row, None, &facts)
                        .err()
                        .map(|refusal| refusal.code)
                        .map(|code| (code.status(), code.as_str(), code.dimension().unwrap_or_default()));
                    assert_eq!(seen, refusal(row, asker, &ticket), "{} {asker:?} {state} {performer:?}", row.tool);
                    asked += 1;
                }
            }
        }
    }
    assert!(asked > 40_000, "{asked}");
}
