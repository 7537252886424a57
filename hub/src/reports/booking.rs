//! How tickets get their date.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, Utc};
use patchbay_core::report::Spread;
use patchbay_core::ticket::{TicketPriority, TicketState};
use patchbay_http::{Caller, Params};
use patchbay_store::reports::{self, Booking};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Line, Report, Times, answer, number, share};
use super::asked::{Asked, ReportParams};
use crate::error::HubError;
use crate::state::Hub;

/// Tickets of one priority that were recorded in one bucket.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct BookingRow {
    /// When the bucket begins.
    bucket: DateTime<Utc>,
    /// `EMERGENCY`, `URGENT` or `ROUTINE`.
    priority: &'static str,
    #[serde(flatten)]
    figures: BookingFigures,
}

/// How many got a date, and how soon.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct BookingFigures {
    /// Tickets that were recorded.
    created: i64,
    /// Those of them that got a date, or somebody sent without one.
    booked: i64,
    /// Those of them that were canceled.
    canceled: i64,
    /// Those of them that were escalated.
    escalated: i64,
    /// `booked` divided by `created`.
    booking_rate: Option<f64>,
    /// From being recorded to the date being set, in seconds; `count` is `booked`.
    #[serde(flatten)]
    time_to_book: Times,
    /// Average time from being recorded to the escalation, in seconds.
    escalation_average: Option<f64>,
}

/// What is gathered on the way.
#[derive(Debug, Default)]
struct Gathered {
    created: i64,
    canceled: i64,
    escalated: i64,
    booked: Spread,
    escalations: Spread,
}

impl Gathered {
    fn add(&mut self, ticket: &Booking) {
        self.created += 1;
        self.canceled += i64::from(ticket.state == TicketState::Cancelled);
        self.escalated += i64::from(ticket.escalation_level > 0);
        if let Some(at) = ticket.booked_at {
            self.booked.add(at - ticket.began);
        }
        if let Some(at) = ticket.escalated_at {
            self.escalations.add(at - ticket.began);
        }
    }

    fn figures(self) -> BookingFigures {
        let time_to_book: Times = self.booked.figures().into();
        BookingFigures {
            created: self.created,
            booked: time_to_book.count,
            canceled: self.canceled,
            escalated: self.escalated,
            booking_rate: share(time_to_book.count, self.created),
            time_to_book,
            escalation_average: self.escalations.figures().average,
        }
    }
}

impl Line for BookingRow {
    const COLUMNS: &'static [&'static str] = &[
        "bucket", "priority", "created", "booked", "canceled", "escalated", "booking_rate", "count", "p50", "p95",
        "p99", "average", "median", "escalation_average",
    ];

    fn cells(&self) -> Vec<String> {
        let figures = &self.figures;
        let mut cells = vec![self.bucket.to_rfc3339(), self.priority.to_owned()];
        let counts = [figures.created, figures.booked, figures.canceled, figures.escalated];
        cells.extend(counts.map(|count| count.to_string()));
        cells.push(number(figures.booking_rate));
        cells.extend(figures.time_to_book.cells());
        cells.push(number(figures.escalation_average));
        cells
    }
}

/// How many of the tickets recorded in the range got a date, and how long that took, by priority. Only tickets of the
/// caller's accounts and sites count.
#[utoipa::path(get, path = "/api/v1/reports/booking", tag = "reports", operation_id = "report_booking",
    params(ReportParams),
    responses((status = 200, description = "JSON, or CSV by `Accept: text/csv`.",
               body = Report<BookingRow, BookingFigures>),
              (status = 400, description = "INVALID_QUERY"), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN, FORBIDDEN_SCOPE")))]
pub(super) async fn read(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(params): Params<ReportParams>,
    headers: HeaderMap,
) -> Result<Response, HubError> {
    let mut tx = hub.db.read().await?;
    let mut asked = Asked::read(&hub, &ctx, &mut tx, &params).await?;
    if asked.team.is_none() {
        // A ticket belongs to an account and a site, not to a team: these limit what the caller sees.
        asked.reach.teams = None;
    }
    let mut of: BTreeMap<(usize, TicketPriority), Gathered> = BTreeMap::new();
    let mut all = Gathered::default();
    for ticket in reports::bookings(&mut tx, &asked.reach).await? {
        if ctx.actor.may_touch(ticket.account_id, ticket.site_id) {
            of.entry((asked.buckets.place(ticket.began), ticket.priority)).or_default().add(&ticket);
            all.add(&ticket);
        }
    }
    drop(tx);
    let rows = of
        .into_iter()
        .map(|((place, priority), gathered)| BookingRow {
            bucket: asked.buckets.start(place),
            priority: priority.as_str(),
            figures: gathered.figures(),
        })
        .collect();
    Ok(answer("booking", asked, &headers, rows, all.figures()))
}
