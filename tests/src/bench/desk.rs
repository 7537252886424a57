//! A desk with many tickets, and requests about them.

use chrono::TimeDelta;
use patchbay_core::clock::Clock;
use patchbay_core::ids::{AccountId, RequestId, SiteId, TicketId};
use patchbay_core::ticket::{Ticket, TicketPriority, TicketState};
use patchbay_store::{Db, tickets};
use patchbay_tests::Caller;
use serde_json::json;

use crate::target::Target;

/// Tickets written in one transaction.
const BATCH: usize = 1_000;

/// An account and its site.
pub(crate) type Place = (AccountId, SiteId);

/// Makes accounts with a site each, and a ticket at each of them, through the API.
pub(crate) async fn places(admin: &Caller, count: usize) -> (Vec<Place>, TicketId) {
    let mut places = Vec::new();
    let mut ticket = None;
    for number in 0..count {
        let account = json!({"name": format!("Account {number}"), "profile": "facility"});
        let account = admin.post("/api/v1/accounts", account).await.expect(201)["id"].clone();
        let site = json!({"account_id": account, "name": format!("Site {number}"), "address1": "1 Main Street",
            "city": "Ottawa", "country": "CA", "timezone": "America/Toronto"});
        let site = admin.post("/api/v1/sites", site).await.expect(201)["id"].clone();
        let request = json!({"account_id": account, "site_id": site, "summary": "The front door does not latch"});
        let key = RequestId::new().to_string();
        let headers = [("idempotency-key", key.as_str())];
        let made = admin.call(reqwest::Method::POST, "/tickets", Some(request), &headers).await.expect(201);
        let id = |value: &serde_json::Value| value.as_str().and_then(|id| id.parse().ok()).expect("an id");
        places.push((AccountId(id(&account)), SiteId(id(&site))));
        ticket = Some(TicketId(id(&made["id"])));
    }
    (places, ticket.expect("there is at least one place"))
}

/// Writes `count` tickets in turn at `places`, past the commands, each as `shape` makes it of its number.
pub(crate) async fn fill(
    target: &Target,
    places: &[Place],
    model: TicketId,
    count: usize,
    shape: impl Fn(usize, Ticket) -> Ticket,
) -> Vec<TicketId> {
    let db: Db = target.open().await;
    let mut tx = db.read().await.expect("reads");
    let model = tickets::by_id(&mut tx, model).await.expect("reads").expect("is there");
    drop(tx);
    let mut ids = Vec::with_capacity(count);
    for batch in (0..count).collect::<Vec<_>>().chunks(BATCH) {
        let mut tx = db.begin().await.expect("begins");
        for number in batch.iter().copied() {
            let (account_id, site_id) = places[number % places.len()];
            let id = TicketId::new();
            let code = format!("B-2026-{number:06}");
            let ticket = shape(number, Ticket { id, code, account_id, site_id, ..model.clone() });
            tickets::insert(&mut tx, &ticket).await.expect("a ticket");
            ids.push(id);
        }
        tx.commit().await.expect("commits");
    }
    ids
}

/// An open ticket as a busy desk has them: all states, all priorities, from days late to days ahead.
pub(crate) fn busy(number: usize, ticket: Ticket) -> Ticket {
    let open: Vec<TicketState> = TicketState::ALL.iter().copied().filter(|state| !state.is_terminal()).collect();
    let minutes = i64::try_from(number * 7_919 % 8_640).unwrap_or(0) - 4_320;
    let mut ticket = Ticket {
        state: open[number % open.len()],
        priority: TicketPriority::ALL[number % TicketPriority::ALL.len()],
        ..ticket
    };
    ticket.sla.due_at = Clock::system().now() + TimeDelta::minutes(minutes);
    ticket
}

/// A command as it goes over the wire, under a key of its own.
pub(crate) fn command(port: u16, token: &str, path: &str, body: &str) -> Vec<u8> {
    let key = RequestId::new();
    format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n\
         authorization: Bearer {token}\r\nidempotency-key: {key}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A read as it goes over the wire.
pub(crate) fn read(port: u16, token: &str, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\n\r\n").into_bytes()
}
