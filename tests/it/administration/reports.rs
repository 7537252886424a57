//! Reports over conversations and tickets that were written row by row, so that every figure is known beforehand.

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::channel::{Channel, Direction, SenderType};
use patchbay_core::conversation::{CloseReason, ConversationStatus, Priority};
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::event::{Audience, EventName, NewEvent};
use patchbay_core::ids::{ContactId, ConversationId, EventId, InboxId, MessageId, TeamId, UserId};
use patchbay_core::item::ContentType;
use patchbay_core::report::Spread;
use patchbay_core::sla::SlaTarget;
use patchbay_hub::reports::rollup;
use patchbay_hub::seeding::{Seeding, seed};
use patchbay_store::conversations::{self, ConversationRow};
use patchbay_store::messages::{self, MessageRow};
use patchbay_store::report_rollups::{self, Progress};
use patchbay_store::sla_policies::{self, NewViolation};
use patchbay_store::{Tx, contacts, events};
use patchbay_tests::{TestDatabase, both_engines};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

use super::world::{Answer, World};

both_engines! {
    known_delays_give_exactly_the_expected_figures;
    the_backlog_counts_what_waits_now_and_what_came_and_went;
    utilisation_is_the_open_conversations_of_an_agent;
    channels_count_conversations_and_messages;
    broken_promises_stand_beside_what_began;
    days_are_those_of_the_asked_time_zone;
    a_lead_sees_own_teams_only;
    csv_has_a_line_for_each_row;
    what_does_not_fit_is_refused_by_name;
    reports_open_for_those_who_lead_only;
    random_histories_report_what_their_rows_say;
    roll_ups_equal_a_recomputation_after_random_histories;
    seeded_messages_are_as_many_as_asked_and_stand_in_the_reports;
}

const REPORTS: [&str; 9] =
    ["first-response", "resolution", "backlog", "utilisation", "booking", "channels", "sla", "tools", "csat"];

/// The world's clock stands here.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_719_200, 0).expect("a time")
}

/// One conversation to be written.
#[derive(Clone, Debug)]
struct History {
    inbox: InboxId,
    channel: Channel,
    team: Option<TeamId>,
    began: DateTime<Utc>,
    answered: Option<DateTime<Utc>>,
    closed: Option<(DateTime<Utc>, CloseReason)>,
    assigned_to: Option<UserId>,
    status: ConversationStatus,
}

struct Ground {
    world: World,
    sms: InboxId,
    chat: InboxId,
    support: TeamId,
    sales: TeamId,
}

impl Ground {
    async fn new(database: TestDatabase) -> Self {
        let world = World::new(database).await;
        let mut inboxes = Vec::new();
        for body in [
            json!({ "name": "sms-main", "channel": "sms", "address": "+15550002222", "account_sid": "AC1",
                    "auth_tokens": ["token-1"] }),
            json!({ "name": "site", "channel": "chat" }),
        ] {
            let made = world.post("/api/v1/inboxes").bearer(&world.admin()).json(body).send().await;
            assert_eq!(made.status, 201, "{}", made.body);
            inboxes.push(made.text("/id").parse().expect("an id"));
        }
        let team = |slug: &str| world.hub.directory().team(slug).expect("a standard team").id;
        let (support, sales) = (team("support"), team("sales"));
        Self { world, sms: inboxes[0], chat: inboxes[1], support, sales }
    }

    fn history(&self, began: DateTime<Utc>) -> History {
        History {
            inbox: self.sms,
            channel: Channel::Sms,
            team: Some(self.support),
            began,
            answered: None,
            closed: None,
            assigned_to: None,
            status: ConversationStatus::Queued,
        }
    }

    async fn write(&self, histories: &[History]) -> Vec<ConversationId> {
        let mut tx = self.world.hub.db.begin().await.expect("a transaction");
        let mut ids = Vec::new();
        for history in histories {
            ids.push(write(&mut tx, history).await);
        }
        tx.commit().await.expect("a commit");
        ids
    }

    async fn report(&self, name: &str, query: &str) -> Value {
        let answer = self.ask(name, query, &self.world.admin()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    async fn ask(&self, name: &str, query: &str, token: &str) -> Answer {
        self.world.get(&format!("/api/v1/reports/{name}{query}")).bearer(token).send().await
    }
}

async fn write(tx: &mut Tx, history: &History) -> ConversationId {
    let (id, contact) = (ConversationId::new(), ContactId::new());
    let new = contacts::NewContact { id: contact, account_id: None, display_name: "Dana Fields".into() };
    contacts::insert(tx, &[new], history.began).await.expect("a contact");
    let end = history.closed.map(|(at, _)| at);
    let row = ConversationRow {
        id,
        inbox_id: history.inbox,
        channel: history.channel,
        contact_id: contact,
        contact_name: "Dana Fields".into(),
        contact_address: format!("+1555{}", id.0.as_u128() % 10_000_000),
        status: if end.is_some() { ConversationStatus::Closed } else { history.status },
        priority: Priority::Normal,
        subject: None,
        team_id: history.team,
        assigned_to: history.assigned_to,
        previous_assignee: None,
        previous_conversation_id: None,
        last_seq: 0,
        inbound_count: 0,
        read_inbound_count: 0,
        tags: json!([]),
        last_message_id: None,
        last_message_at: history.began,
        last_inbound_at: Some(history.began),
        last_outbound_at: history.answered,
        first_response_at: history.answered,
        waiting_since: history.answered.is_none().then_some(history.began),
        window_expires_at: None,
        snoozed_until: None,
        closed_at: end,
        closed_by: history.assigned_to.filter(|_| end.is_some()),
        close_reason: history.closed.map(|(_, reason)| reason),
        version: 1,
        created_at: history.began,
        updated_at: history.began,
        sla: None,
    };
    conversations::insert(tx, std::slice::from_ref(&row)).await.expect("a conversation");
    conversations::update(tx, &[row]).await.expect("a conversation");
    id
}

fn message(
    conversation: ConversationId,
    ground: &Ground,
    seq: i64,
    direction: Direction,
    status: DeliveryStatus,
) -> MessageRow {
    MessageRow {
        id: MessageId::new(),
        conversation_id: conversation,
        seq,
        inbox_id: ground.sms,
        channel: Channel::Sms,
        channel_message_id: None,
        client_message_id: None,
        direction,
        sender_type: SenderType::Customer,
        sender_id: None,
        sender_name: None,
        content_type: ContentType::Text,
        text: Some("hello".into()),
        content: json!({ "media": [], "metadata": {} }),
        reply_to: None,
        status,
        error: None,
        metadata: json!({}),
        occurred_at: now() - TimeDelta::hours(1),
        sent_at: None,
        delivered_at: None,
        read_at: None,
        failed_at: None,
        version: 1,
        created_at: now() - TimeDelta::hours(1),
    }
}

fn seconds(count: i64) -> TimeDelta {
    TimeDelta::seconds(count)
}

async fn known_delays_give_exactly_the_expected_figures(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let hour_ago = now() - TimeDelta::hours(1);
    let answered = |after: i64| History { answered: Some(hour_ago + seconds(after)), ..ground.history(hour_ago) };
    let mut histories: Vec<History> = (1..=101).map(answered).collect();
    histories.push(History { team: Some(ground.sales), ..answered(600) });
    // Still waits: no figure.
    histories.push(ground.history(hour_ago));
    let closed =
        |after: i64, reason| History { closed: Some((hour_ago + seconds(after), reason)), ..ground.history(hour_ago) };
    histories.push(closed(100, CloseReason::Resolved));
    histories.push(closed(200, CloseReason::Resolved));
    histories.push(closed(600, CloseReason::CustomerUnresponsive));
    histories.push(closed(3_000, CloseReason::Spam));
    ground.write(&histories).await;
    let report = ground.report("first-response", "?team=support").await;
    assert_eq!(report["data"].as_array().expect("rows").len(), 1, "{report}");
    let row = &report["data"][0];
    assert_eq!((&row["team"]["slug"], &row["count"]), (&json!("support"), &json!(101)));
    assert_eq!((&row["p50"], &row["p95"], &row["p99"]), (&json!(51.0), &json!(96.0), &json!(100.0)));
    assert_eq!((&row["average"], &row["median"]), (&json!(51.0), &json!(51.0)));
    let both = ground.report("first-response", "").await;
    assert_eq!((both["data"].as_array().expect("rows").len(), &both["total"]["count"]), (2, &json!(102)));
    let report = ground.report("resolution", "").await;
    let total = &report["total"];
    assert_eq!((&total["count"], &total["average"], &total["median"]), (&json!(3), &json!(300.0), &json!(200.0)));
}

async fn the_backlog_counts_what_waits_now_and_what_came_and_went(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let (long_ago, recent) = (now() - TimeDelta::days(20), now() - TimeDelta::hours(2));
    let closed = |began, at| History { closed: Some((at, CloseReason::Resolved)), ..ground.history(began) };
    ground
        .write(&[
            ground.history(long_ago),
            ground.history(recent),
            closed(long_ago, recent),
            closed(recent, now() - TimeDelta::hours(1)),
            closed(long_ago, long_ago + TimeDelta::hours(1)),
        ])
        .await;
    let report = ground.report("backlog", "?team=support").await;
    let row = &report["data"][0];
    assert_eq!((&row["opened"], &row["closed"], &row["open_at_end"]), (&json!(2), &json!(2), &json!(2)), "{report}");
    assert_eq!((&row["queued"], &row["open"], &row["unassigned"]), (&json!(2), &json!(2), &json!(2)));
    assert_eq!(row["oldest_waiting_seconds"], json!(20 * 86_400));
    let other = ground.report("backlog", "?team=sales").await;
    assert_eq!((&other["data"][0]["open"], &other["total"]["queued"]), (&json!(0), &json!(0)));
    let days = ground.report("backlog", "?team=support&bucket=day").await;
    let rows = days["data"].as_array().expect("rows");
    assert_eq!((rows.first().expect("days")["open_at_end"].as_i64(), rows.len()), (Some(2), 8));
    assert_eq!(rows.last().expect("days")["open_at_end"], json!(2));
}

async fn utilisation_is_the_open_conversations_of_an_agent(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let user = ground.world.user("lee@demo.test", "support_agent", &["support"]).await;
    let lee: UserId = user["id"].as_str().expect("an id").parse().expect("an id");
    let held = |status| History { assigned_to: Some(lee), status, ..ground.history(now() - TimeDelta::hours(3)) };
    let done = History {
        closed: Some((now() - TimeDelta::hours(1), CloseReason::Resolved)),
        ..held(ConversationStatus::Assigned)
    };
    ground
        .write(&[
            held(ConversationStatus::Assigned),
            held(ConversationStatus::PendingAgent),
            held(ConversationStatus::PendingCustomer),
            done,
        ])
        .await;
    let report = ground.report("utilisation", "?team=support").await;
    let row = &report["data"][0];
    assert_eq!(row["agent"]["id"], user["id"], "{report}");
    assert_eq!((&row["active"], &row["waiting"], &row["capacity"]), (&json!(3), &json!(1), &json!(5)));
    assert_eq!((&row["utilisation"], &row["closed"]), (&json!(0.6), &json!(1)));
    assert_eq!(report["total"]["utilisation"], json!(0.6));
}

async fn broken_promises_stand_beside_what_began(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let began = now() - TimeDelta::hours(3);
    let sales = History { team: Some(ground.sales), ..ground.history(began) };
    let ids = ground.write(&[ground.history(began), ground.history(began), sales]).await;
    let mut tx = ground.world.hub.db.begin().await.expect("a transaction");
    for (id, target) in [(ids[0], SlaTarget::FirstResponse), (ids[0], SlaTarget::Resolution)] {
        let broken = NewViolation {
            conversation_id: id,
            target,
            policy_id: None,
            policy_version: 1,
            team_id: Some(ground.support),
            priority: Priority::Normal,
            target_s: Some(600),
            due_at: now() - TimeDelta::hours(2),
        };
        sla_policies::violate(&mut tx, &broken, now()).await.expect("a broken promise");
    }
    tx.commit().await.expect("a commit");
    let report = ground.report("sla", "").await;
    let rows = report["data"].as_array().expect("rows");
    let row = |team: &str| rows.iter().find(|row| row["team"]["slug"] == team).expect("the team");
    let support = row("support");
    assert_eq!((&support["opened"], &support["first_response_breaches"]), (&json!(2), &json!(1)));
    assert_eq!((&support["resolution_breaches"], &support["first_response_breach_rate"]), (&json!(1), &json!(0.5)));
    assert_eq!(row("sales")["first_response_breach_rate"], 0.0);
    assert_eq!((&report["total"]["opened"], &report["total"]["resolution_breach_rate"]), (&json!(3), &json!(0.3333)));
}

async fn channels_count_conversations_and_messages(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let chat = History { inbox: ground.chat, channel: Channel::Chat, ..ground.history(now() - TimeDelta::hours(1)) };
    let ids = ground.write(&[ground.history(now() - TimeDelta::hours(1)), chat]).await;
    let mut tx = ground.world.hub.db.begin().await.expect("a transaction");
    let rows = [
        (Direction::Inbound, DeliveryStatus::Received),
        (Direction::Outbound, DeliveryStatus::Delivered),
        (Direction::Outbound, DeliveryStatus::Read),
        (Direction::Outbound, DeliveryStatus::Failed),
        (Direction::Outbound, DeliveryStatus::Sent),
    ];
    let rows: Vec<MessageRow> = rows
        .into_iter()
        .zip(1..)
        .map(|((direction, status), seq)| message(ids[0], &ground, seq, direction, status))
        .collect();
    messages::insert(&mut tx, &rows).await.expect("messages");
    tx.commit().await.expect("a commit");
    let report = ground.report("channels", "").await;
    let row = |channel: &str| {
        let rows = report["data"].as_array().expect("rows");
        rows.iter().find(|row| row["channel"] == channel).expect("the channel").clone()
    };
    let sms = row("sms");
    assert_eq!((&sms["conversations"], &sms["inbound"], &sms["outbound"]), (&json!(1), &json!(1), &json!(4)));
    assert_eq!((&sms["delivered"], &sms["failed"], &sms["failure_rate"]), (&json!(2), &json!(1), &json!(0.25)));
    assert_eq!((&row("chat")["conversations"], &row("chat")["inbound"]), (&json!(1), &json!(0)));
}

async fn days_are_those_of_the_asked_time_zone(database: TestDatabase) {
    let ground = Ground::new(database).await;
    // 23:30 on the fourth in Toronto, 04:30 on the fifth in Greenwich.
    let late: DateTime<Utc> = "2026-03-05T04:30:00Z".parse().expect("a time");
    ground.write(&[History { answered: Some(late), ..ground.history(late - seconds(60)) }]).await;
    let range = "?from=2026-03-04&to=2026-03-05&bucket=day";
    let toronto = ground.report("first-response", &format!("{range}&timezone=America/Toronto")).await;
    assert_eq!(toronto["data"][0]["bucket"], json!("2026-03-04T05:00:00Z"), "{toronto}");
    let utc = ground.report("first-response", range).await;
    assert_eq!(utc["data"][0]["bucket"], json!("2026-03-05T00:00:00Z"));
    assert_eq!(utc["timezone"], json!("UTC"));
}

async fn a_lead_sees_own_teams_only(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let began = now() - TimeDelta::hours(1);
    let of = |team| History { team, answered: Some(began + seconds(10)), ..ground.history(began) };
    ground.write(&[of(Some(ground.support)), of(Some(ground.sales)), of(None)]).await;
    let lead = ground.world.token("team_lead", &["support"]);
    let own = ground.ask("first-response", "", &lead).await;
    assert_eq!((own.status, &own.body["total"]["count"]), (200, &json!(1)));
    let other = ground.ask("first-response", "?team=sales", &lead).await;
    assert_eq!((other.status, other.code()), (403, "FORBIDDEN_SCOPE"));
    let auditor = ground.ask("first-response", "", &ground.world.token("auditor", &[])).await;
    assert_eq!(auditor.body["total"]["count"], json!(3));
}

async fn csv_has_a_line_for_each_row(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let began = now() - TimeDelta::hours(1);
    ground.write(&[History { answered: Some(began + seconds(10)), ..ground.history(began) }]).await;
    for name in REPORTS {
        let ask = ground.world.get(&format!("/api/v1/reports/{name}")).bearer(&ground.world.admin());
        let (kind, text) = ask.header("accept", "text/csv").text().await;
        assert!(kind.starts_with("text/csv"), "{name}: {kind}");
        let mut lines = text.split("\r\n");
        let columns = lines.next().expect("a header").split(',').count();
        assert!(columns >= 7, "{name}: {text}");
        for line in lines.filter(|line| !line.is_empty()) {
            assert_eq!(line.split(',').count(), columns, "{name}: {line}");
        }
        if name == "first-response" {
            assert!(text.contains(",support,1,10,10,10,10,10\r\n"), "{text}");
        }
    }
}

async fn what_does_not_fit_is_refused_by_name(database: TestDatabase) {
    let ground = Ground::new(database).await;
    for (query, field) in [
        ("?from=yesterday", "from"),
        ("?to=2026-02-30", "to"),
        ("?from=2026-03-05&to=2026-03-01", "from"),
        ("?bucket=minute", "bucket"),
        ("?from=2020-01-01&to=2026-01-01&bucket=hour", "bucket"),
        ("?timezone=Mars/Olympus", "timezone"),
        ("?team=nobody", "team"),
    ] {
        for name in REPORTS {
            let answer = ground.ask(name, query, &ground.world.admin()).await;
            assert_eq!((answer.status, answer.code()), (400, "INVALID_QUERY"), "{name}{query}: {}", answer.body);
            assert_eq!(answer.text("/error/validation_errors/0/path"), field, "{name}{query}");
        }
    }
}

async fn reports_open_for_those_who_lead_only(database: TestDatabase) {
    let ground = Ground::new(database).await;
    for role in ["support_agent", "dispatcher", "technician", "customer", "ai_agent", "system"] {
        for name in REPORTS {
            let answer = ground.ask(name, "", &ground.world.token(role, &["support"])).await;
            assert_eq!((answer.status, answer.code()), (403, "FORBIDDEN"), "{role} {name}");
        }
    }
}

async fn random_histories_report_what_their_rows_say(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let mut chance = StdRng::seed_from_u64(6);
    let mut histories = Vec::new();
    for _ in 0..300 {
        let began = now() - seconds(chance.random_range(1..40 * 86_400));
        let until_now = (now() - began).num_milliseconds();
        let mut later = || began + TimeDelta::milliseconds(chance.random_range(0..=until_now));
        let (answered, closed) = (later(), later());
        let team = [Some(ground.support), Some(ground.sales), None][chance.random_range(0..3)];
        let reason = CloseReason::ALL[chance.random_range(0..CloseReason::ALL.len())];
        histories.push(History {
            team,
            answered: chance.random_bool(0.7).then_some(answered),
            closed: chance.random_bool(0.6).then_some((closed, reason)),
            ..ground.history(began)
        });
    }
    ground.write(&histories).await;
    let (from, to) = (now() - TimeDelta::days(25), now() - TimeDelta::days(3));
    let range = format!("?from={}&to={}", from.format("%FT%TZ"), to.format("%FT%TZ"));
    for bucket in ["", "&bucket=hour", "&bucket=day", "&bucket=week", "&bucket=month"] {
        let report = ground.report("first-response", &format!("{range}{bucket}&timezone=Asia/Kolkata")).await;
        let mut spread = Spread::default();
        for history in &histories {
            if let Some(at) = history.answered.filter(|at| (from..to).contains(at)) {
                spread.add(at - history.began);
            }
        }
        let expect = spread.figures();
        let total = &report["total"];
        assert_eq!(total["count"].as_i64(), Some(expect.count), "{bucket}");
        assert_eq!((total["p95"].as_f64(), total["average"].as_f64()), (expect.p95, expect.average));
        let rows = report["data"].as_array().expect("rows");
        assert_eq!(rows.iter().filter_map(|row| row["count"].as_i64()).sum::<i64>(), expect.count);
        let backlog = ground.report("backlog", &format!("{range}{bucket}&timezone=Asia/Kolkata")).await;
        let open_at = |at: DateTime<Utc>| {
            let is_open = |history: &&History| history.began < at && history.closed.is_none_or(|(end, _)| end >= at);
            i64::try_from(histories.iter().filter(is_open).count()).ok()
        };
        assert_eq!(backlog["total"]["open_at_end"].as_i64(), open_at(to), "{bucket}");
        let opened = histories.iter().filter(|history| (from..to).contains(&history.began)).count();
        assert_eq!(backlog["total"]["opened"].as_i64(), i64::try_from(opened).ok());
    }
}

/// Something happens to a conversation, and the feed says so.
async fn touch(tx: &mut Tx, id: ConversationId) {
    let event = NewEvent {
        id: EventId::new(),
        name: EventName::ConversationUpdated,
        conversation_id: Some(id),
        conversation_seq: None,
        ticket_id: None,
        audience: Audience::default(),
        payload: "{}".into(),
        created_at: now(),
    };
    events::append(tx, &[event]).await.expect("an event");
}

async fn roll_ups_equal_a_recomputation_after_random_histories(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let db = &ground.world.hub.db;
    let mut chance = StdRng::seed_from_u64(66);
    let mut ids: Vec<ConversationId> = Vec::new();
    // Some were there before the roll-ups began.
    for step in 0..220 {
        let mut tx = db.begin().await.expect("a transaction");
        let began = now() - seconds(chance.random_range(7_200..20 * 86_400));
        if ids.len() < 5 || chance.random_bool(0.3) {
            let team = [Some(ground.support), Some(ground.sales), None][chance.random_range(0..3)];
            let id = write(&mut tx, &History { team, ..ground.history(began) }).await;
            ids.push(id);
            touch(&mut tx, id).await;
        } else {
            let id = ids[chance.random_range(0..ids.len())];
            let mut row = conversations::by_id(&mut tx, id).await.expect("an answer").expect("it is there");
            let later = row.created_at + seconds(chance.random_range(0..7_000));
            match chance.random_range(0..5) {
                0 => row.first_response_at = row.first_response_at.or(Some(later)),
                1 => {
                    row.status = ConversationStatus::Closed;
                    row.closed_at = Some(later);
                    row.close_reason = Some(CloseReason::ALL[chance.random_range(0..CloseReason::ALL.len())]);
                }
                2 => {
                    row.status = ConversationStatus::Queued;
                    (row.closed_at, row.close_reason) = (None, None);
                }
                3 => row.team_id = Some(ground.sales),
                _ => {
                    row.last_seq += 1;
                    row.last_message_at = now() - TimeDelta::hours(1);
                    let status = [DeliveryStatus::Sent, DeliveryStatus::Failed][chance.random_range(0..2)];
                    let said = message(id, &ground, row.last_seq, Direction::Outbound, status);
                    messages::insert(&mut tx, &[said]).await.expect("a message");
                }
            }
            conversations::update(&mut tx, &[row]).await.expect("a conversation");
            touch(&mut tx, id).await;
        }
        tx.commit().await.expect("a commit");
        if step > 40 && chance.random_bool(0.2) {
            rollup::roll_up(db, now(), chance.random_range(1..9)).await.expect("rolls up");
        }
    }
    ground.world.feed_is_settled().await;
    while rollup::roll_up(db, now(), 50).await.expect("rolls up") > 0 {}
    let mut tx = db.read().await.expect("reads");
    let (kept, again) = (rollup::kept(&mut tx).await, rollup::recomputed(&mut tx).await);
    let days = rollup::kept_days(&mut tx).await.expect("the days");
    drop(tx);
    assert!(kept.as_ref().is_ok_and(|kept| kept.len() > 50));
    let again = again.expect("the hours");
    assert_eq!(days, rollup::by_days(&again));
    assert_eq!(kept.expect("the hours"), again);
    // Cut into days, in one piece with hours at its ends, and in days that begin elsewhere.
    let mut rolled_up = Vec::new();
    for (name, range) in REPORTS.iter().flat_map(|name| RANGES.map(|range| (*name, range))) {
        rolled_up.push((name, range, ground.report(name, range).await["data"].clone()));
    }
    // As long as roll-ups are not complete, everything comes from the rows.
    let mut tx = db.begin().await.expect("a transaction");
    let begun = Progress { after_id: Some(ConversationId(uuid::Uuid::nil())), complete_until: None };
    report_rollups::put_progress(&mut tx, begun).await.expect("progress");
    tx.commit().await.expect("a commit");
    for (name, range, rolled_up) in rolled_up {
        let of_rows = ground.report(name, range).await["data"].clone();
        assert_eq!(of_rows, rolled_up, "{name}{range}: from rows, and from roll-ups");
    }
}

const RANGES: [&str; 3] = [
    "?from=2026-02-10T00:20:00Z&to=2026-03-05T13:40:00Z&bucket=day",
    "?from=2026-02-20T05:20:00Z&to=2026-03-05T13:40:00Z",
    "?from=2026-02-10T00:20:00Z&to=2026-03-05T13:40:00Z&bucket=day&timezone=America/Toronto",
];

async fn seeded_messages_are_as_many_as_asked_and_stand_in_the_reports(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let db = &ground.world.hub.db;
    let mut told = 0;
    let plan = Seeding { messages: 300, days: 5, chance: 7 };
    let seeded = seed(db, now(), plan, |done| told = done).await.expect("it seeds");
    assert_eq!((seeded.messages, told), (300, 300));
    let report = ground.report("channels", "?from=2026-02-01").await;
    let total = |field: &str| report["total"][field].as_u64().expect("a count");
    assert_eq!(total("inbound") + total("outbound"), 300, "{report}");
    assert_eq!(total("conversations"), seeded.conversations);
    let mut tx = db.read().await.expect("reads");
    let (kept, again) = (rollup::kept(&mut tx).await, rollup::recomputed(&mut tx).await);
    let again = again.expect("the hours");
    assert_eq!(rollup::kept_days(&mut tx).await.expect("the days"), rollup::by_days(&again));
    assert_eq!(kept.expect("the hours"), again);
}
