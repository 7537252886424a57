//! What comes and goes on each channel.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, Utc};
use patchbay_core::channel::{Channel, Direction};
use patchbay_core::delivery::DeliveryStatus;
use patchbay_http::{Caller, Params};
use patchbay_store::reports::MessageQuarter;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Line, Report, answer, number, share};
use super::asked::{Asked, ReportParams};
use super::source::Pieces;
use crate::error::HubError;
use crate::state::Hub;

/// One channel in one bucket.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ChannelRow {
    /// When the bucket begins.
    bucket: DateTime<Utc>,
    /// The channel.
    channel: &'static str,
    #[serde(flatten)]
    traffic: Traffic,
}

/// What came and went.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub(super) struct Traffic {
    /// Conversations that began.
    conversations: i64,
    /// Conversations that ended.
    closed: i64,
    /// Messages of customers.
    inbound: i64,
    /// Messages to customers.
    outbound: i64,
    /// Those of them that are known to have reached the customer's device.
    delivered: i64,
    /// Those of them that failed.
    failed: i64,
    /// `failed` divided by `outbound`.
    failure_rate: Option<f64>,
}

impl Traffic {
    fn add(&mut self, messages: &MessageQuarter) {
        match messages.direction {
            Direction::Inbound => self.inbound += messages.count,
            Direction::Outbound => {
                self.outbound += messages.count;
                match messages.status {
                    DeliveryStatus::Delivered | DeliveryStatus::Read => self.delivered += messages.count,
                    DeliveryStatus::Failed => self.failed += messages.count,
                    _ => {}
                }
            }
        }
        self.failure_rate = share(self.failed, self.outbound);
    }
}

impl Line for ChannelRow {
    const COLUMNS: &'static [&'static str] =
        &["bucket", "channel", "conversations", "closed", "inbound", "outbound", "delivered", "failed", "failure_rate"];

    fn cells(&self) -> Vec<String> {
        let Traffic { conversations, closed, inbound, outbound, delivered, failed, failure_rate } = self.traffic;
        let mut cells = vec![self.bucket.to_rfc3339(), self.channel.to_owned()];
        cells.extend([conversations, closed, inbound, outbound, delivered, failed].map(|count| count.to_string()));
        cells.push(number(failure_rate));
        cells
    }
}

/// Conversations and messages by channel.
#[utoipa::path(get, path = "/api/v1/reports/channels", tag = "reports", operation_id = "report_channels",
    params(ReportParams),
    responses((status = 200, description = "JSON, or CSV by `Accept: text/csv`.", body = Report<ChannelRow, Traffic>),
              (status = 400, description = "INVALID_QUERY"), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN, FORBIDDEN_SCOPE")))]
pub(super) async fn read(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(params): Params<ReportParams>,
    headers: HeaderMap,
) -> Result<Response, HubError> {
    let mut tx = hub.db.read().await?;
    let asked = Asked::read(&hub, &ctx, &mut tx, &params).await?;
    let pieces = Pieces::of(&mut tx, &asked).await?;
    let mut of: BTreeMap<(usize, Channel), Traffic> = BTreeMap::new();
    let mut total = Traffic::default();
    for quarter in pieces.opened(&mut tx, &asked).await? {
        of.entry((asked.buckets.place(quarter.at), quarter.channel)).or_default().conversations += quarter.count;
        total.conversations += quarter.count;
    }
    for quarter in pieces.closed(&mut tx, &asked).await? {
        of.entry((asked.buckets.place(quarter.at), quarter.channel)).or_default().closed += quarter.count;
        total.closed += quarter.count;
    }
    for messages in pieces.messages(&mut tx, &asked).await? {
        of.entry((asked.buckets.place(messages.at), messages.channel)).or_default().add(&messages);
        total.add(&messages);
    }
    drop(tx);
    let rows = of
        .into_iter()
        .map(|((place, channel), traffic)| ChannelRow {
            bucket: asked.buckets.start(place),
            channel: channel.as_str(),
            traffic,
        })
        .collect();
    Ok(answer("channels", asked, &headers, rows, total))
}
