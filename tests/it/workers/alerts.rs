//! Alerts: made by rules, climbing ladders to the second, answered by SMS and mail, told by ways that may fail.

use chrono::TimeDelta;
use patchbay_core::alert::{AlertState, Digest, NotificationState, Severity};
use patchbay_core::channel::Channel;
use patchbay_core::event::{Audience, EventName, NewEvent};
use patchbay_core::ids::{
    AlertRuleId, ConversationId, EventId, LadderId, NotificationTemplateId, OnCallScheduleId, UserId,
};
use patchbay_core::inbox::Triage;
use patchbay_hub::alerts;
use patchbay_simulator::{Faults, Provider, SlackFaults};
use patchbay_store::alert_notifications::{self, NotificationRow, PreferencesRow};
use patchbay_store::alert_rules::{self, AlertRuleRow};
use patchbay_store::alerts::{AlertFilter, AlertRow};
use patchbay_store::dead_letters::{self, LetterFilter};
use patchbay_store::escalation_ladders::{self, LadderRow};
use patchbay_store::notification_templates::{self, NotificationTemplateRow};
use patchbay_store::on_call_schedules::{self, ScheduleRow};
use patchbay_store::{alert_conditions, conversations, events};
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{TestDatabase, both_engines};
use patchbay_workers::Workers;
use serde_json::{Value, json};

use super::flow::DANA;
use super::world::World;

both_engines! {
    a_ladder_is_climbed_to_the_second_until_somebody_answers_by_sms;
    a_mail_is_answered_with_its_code_and_not_without;
    whoever_is_on_call_is_told_when_the_step_comes;
    a_way_that_fails_is_given_up_and_delays_nobody;
    slack_is_told_again_after_it_was_busy_and_not_after_it_refused;
    what_happens_again_is_the_same_alert_and_worse_news_begin_anew;
    quiet_hours_and_digests_hold_back_what_is_not_critical;
    a_figure_fires_lasts_and_clears;
    an_alert_ends_with_what_it_was_about;
    nothing_is_counted_twice_and_nothing_of_our_own;
    an_answer_by_sms_opens_no_conversation_however_often_it_comes;
    what_was_handed_over_and_not_answered_is_not_told_again;
    a_crash_in_the_middle_of_telling_leaves_it_unknown;
    people_are_told_in_the_words_that_are_kept_for_their_language;
}

struct Ground {
    world: World,
}

impl Ground {
    async fn new(database: TestDatabase) -> Self {
        let world = World::new(database).await;
        world.staff(Triage::Direct).await;
        Self { world }
    }

    fn slack_url(&self) -> String {
        self.world.slack_url()
    }

    /// A rule for `code` that tells by a ladder of these steps; before all others.
    async fn rule(&self, code: &str, severity: Severity, steps: Value) {
        let (now, ctx) = (self.world.clock.now(), self.world.ctx());
        let ladder = LadderRow {
            id: LadderId::new(),
            name: "The night".into(),
            steps,
            repeat: 0,
            next_id: None,
            is_active: true,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let rule = AlertRuleRow {
            id: AlertRuleId::new(),
            name: "What wakes us".into(),
            rule_order: 1,
            enabled: true,
            conditions: json!({ "codes": [code] }),
            severity: Some(severity),
            group_by: json!(["code", "conversation"]),
            ladder_id: Some(ladder.id),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let mut tx = self.world.db.begin().await.unwrap();
        escalation_ladders::insert(&mut tx, &ladder).await.unwrap();
        alert_rules::insert(&mut tx, &ctx, &rule).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn wishes(&self, user: UserId, change: impl FnOnce(&mut PreferencesRow)) {
        let now = self.world.clock.now();
        let mut row = PreferencesRow {
            user_id: user,
            language: "en".into(),
            timezone: "UTC".into(),
            phone: Some(DANA.into()),
            muted: Vec::new(),
            quiet_from: None,
            quiet_until: None,
            digest: Digest::Off,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        change(&mut row);
        let mut tx = self.world.db.begin().await.unwrap();
        alert_notifications::put_preferences(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Somebody raises an alert, and it is taken and told.
    async fn raise(&self, code: &str, conversation: Option<ConversationId>) {
        let event = NewEvent {
            id: EventId::new(),
            name: EventName::AlertRaised,
            conversation_id: conversation,
            conversation_seq: None,
            ticket_id: None,
            audience: Audience { team_id: Some(self.world.team("support")), ..Audience::default() },
            payload: json!({ "alert": { "code": code } }).to_string(),
            created_at: self.world.clock.now(),
        };
        let mut tx = self.world.db.begin().await.unwrap();
        events::append(&mut tx, &[event]).await.unwrap();
        tx.commit().await.unwrap();
        self.take().await;
        self.world.drain().await;
    }

    /// Takes what is in the feed; on PostgreSQL other tests hold it back for a moment.
    async fn take(&self) {
        eventually("the feed is settled", PATIENCE, || async {
            Workers::take_alerts(&self.world.deps).await.unwrap();
            let mut tx = self.world.db.read().await.unwrap();
            let batch =
                patchbay_store::feed::after(&mut tx, patchbay_store::feed::Position::START, 1_000).await.unwrap();
            drop(tx);
            Workers::take_alerts(&self.world.deps).await.unwrap();
            (!batch.unsettled).then_some(())
        })
        .await;
    }

    async fn all(&self) -> Vec<AlertRow> {
        let mut tx = self.world.db.read().await.unwrap();
        patchbay_store::alerts::page(&mut tx, &AlertFilter::default(), None, 100).await.unwrap()
    }

    async fn one(&self) -> AlertRow {
        let mut all = self.all().await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    async fn told(&self) -> Vec<NotificationRow> {
        let id = self.one().await.id;
        let mut tx = self.world.db.read().await.unwrap();
        alert_notifications::of_alert(&mut tx, id).await.unwrap()
    }

    fn texts_on_the_phone(&self) -> Vec<String> {
        self.world.fakes.sent(Provider::Twilio).into_iter().filter_map(|sent| sent.text).collect()
    }

    async fn advance(&self, seconds: u64) {
        self.world.advance(seconds);
        self.world.drain().await;
    }
}

fn step(notify: &Value, channels: &Value, wait_s: i64) -> Value {
    json!({ "notify": notify, "channels": channels, "wait_s": wait_s })
}

fn person(user: UserId) -> Value {
    json!([{ "type": "user", "id": user }])
}

async fn a_ladder_is_climbed_to_the_second_until_somebody_answers_by_sms(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let first = ground.world.agent("support", 5, 1).await;
    let second = ground.world.agent("support", 5, 2).await;
    ground.wishes(first, |_| {}).await;
    let mut slack = step(&json!([]), &json!(["slack"]), 60);
    slack["slack_url"] = ground.slack_url().into();
    let steps = json!([
        step(&person(first), &json!(["console", "sms"]), 300),
        slack,
        step(&person(second), &json!(["email"]), 60),
    ]);
    ground.rule("EMERGENCY", Severity::Critical, steps).await;
    ground.raise("EMERGENCY", None).await;
    let texts = ground.texts_on_the_phone();
    assert_eq!(texts.len(), 1);
    assert!(texts[0].starts_with("Critical: A customer reports an emergency\nWhat wakes us\n"), "{texts:?}");
    let shown = ground.world.told("alert.notified").await;
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0]["user_id"], json!(first));
    ground.advance(299).await;
    assert_eq!(ground.world.fakes.slack_texts().len(), 0);
    ground.advance(1).await;
    assert_eq!(ground.world.fakes.slack_texts().len(), 1);
    ground.world.advance(30);
    ground.world.fakes.say(DANA, Channel::Sms, "ack").expect("a phone");
    ground.world.settle().await;
    ground.take().await;
    let row = ground.one().await;
    assert_eq!((row.state, row.owner_id), (AlertState::Acknowledged, Some(first)));
    assert_eq!(row.acknowledged_via.as_deref(), Some("sms"));
    ground.advance(3_600).await;
    assert_eq!(ground.world.fakes.letters().len(), 0, "nobody else is woken");
    assert_eq!(ground.told().await.len(), 3);
}

async fn a_mail_is_answered_with_its_code_and_not_without(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let user = ground.world.agent("support", 5, 1).await;
    ground.rule("EMERGENCY", Severity::Critical, json!([step(&person(user), &json!(["email"]), 60)])).await;
    ground.raise("EMERGENCY", None).await;
    assert_eq!(ground.world.fakes.letters().len(), 1);
    let code = ground.one().await.reply_code;
    for (text, state) in [("ack", AlertState::Open), (&*format!("ACK {code}"), AlertState::Acknowledged)] {
        let payload = json!({
            "message": { "channel": "email", "content": { "text": text } },
            "conversation": { "contact": { "address": "Agent1@demo.test" }, "subject": "Re: alerts" },
        });
        let event = NewEvent {
            id: EventId::new(),
            name: EventName::MessageReceived,
            conversation_id: None,
            conversation_seq: None,
            ticket_id: None,
            audience: Audience::default(),
            payload: payload.to_string(),
            created_at: ground.world.clock.now(),
        };
        let mut tx = ground.world.db.begin().await.unwrap();
        events::append(&mut tx, &[event]).await.unwrap();
        tx.commit().await.unwrap();
        ground.take().await;
        assert_eq!(ground.one().await.state, state, "{text}");
    }
    assert_eq!(ground.one().await.acknowledged_via.as_deref(), Some("email"));
}

async fn whoever_is_on_call_is_told_when_the_step_comes(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let today = ground.world.agent("support", 5, 1).await;
    let tomorrow = ground.world.agent("support", 5, 2).await;
    let now = ground.world.clock.now();
    let schedule = ScheduleRow {
        id: OnCallScheduleId::new(),
        name: "The house".into(),
        timezone: "UTC".into(),
        rotations: json!([{ "users": [today, tomorrow], "starts_on": now.date_naive(), "handoff": "00:00", "days": 1 }]),
        overrides: json!([]),
        is_active: true,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let mut tx = ground.world.db.begin().await.unwrap();
    on_call_schedules::insert(&mut tx, &schedule).await.unwrap();
    tx.commit().await.unwrap();
    let target = json!([{ "type": "schedule", "id": schedule.id }]);
    let steps = json!([step(&target, &json!(["console"]), 86_400), step(&target, &json!(["console"]), 60)]);
    ground.rule("EMERGENCY", Severity::Critical, steps).await;
    ground.raise("EMERGENCY", None).await;
    ground.advance(86_400).await;
    let told: Vec<Option<UserId>> = ground.told().await.into_iter().map(|row| row.user_id).collect();
    assert_eq!(told, [Some(today), Some(tomorrow)]);
}

async fn a_way_that_fails_is_given_up_and_delays_nobody(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let user = ground.world.agent("support", 5, 1).await;
    ground.wishes(user, |_| {}).await;
    ground.world.fakes.set_slack_faults(SlackFaults { server_errors: 50, ..SlackFaults::default() });
    let mut both = step(&person(user), &json!(["slack", "sms"]), 60);
    both["slack_url"] = ground.slack_url().into();
    ground.rule("EMERGENCY", Severity::Critical, json!([both])).await;
    ground.raise("EMERGENCY", None).await;
    assert_eq!(ground.texts_on_the_phone().len(), 1, "the phone does not wait for Slack");
    for _ in 0..10 {
        ground.advance(600).await;
    }
    let states: Vec<NotificationState> = ground.told().await.into_iter().map(|row| row.state).collect();
    assert_eq!(states.iter().filter(|state| **state == NotificationState::Failed).count(), 1, "{states:?}");
    assert_eq!(states.iter().filter(|state| **state == NotificationState::Sent).count(), 1, "{states:?}");
    let filter = LetterFilter { status: "open", source: Some("job"), kind: Some("notify") };
    let mut tx = ground.world.db.read().await.unwrap();
    assert_eq!(dead_letters::filtered(&mut tx, &filter, None, 10).await.unwrap().len(), 1);
}

async fn slack_is_told_again_after_it_was_busy_and_not_after_it_refused(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let mut slack = step(&json!([]), &json!(["slack"]), 86_400);
    slack["slack_url"] = ground.slack_url().into();
    ground.rule("TROUBLE_*", Severity::Critical, json!([slack])).await;
    ground.world.fakes.set_slack_faults(SlackFaults {
        too_many_requests: 1,
        server_errors: 1,
        ..SlackFaults::default()
    });
    ground.raise("TROUBLE_A", None).await;
    for _ in 0..10 {
        ground.advance(300).await;
    }
    let texts = ground.world.fakes.slack_texts();
    assert_eq!(texts.len(), 1, "once, however often it was busy: {texts:?}");
    assert!(texts[0].starts_with("Critical: "), "{texts:?}");
    let states: Vec<NotificationState> = ground.told().await.into_iter().map(|row| row.state).collect();
    assert_eq!(states, [NotificationState::Sent]);
    ground.world.fakes.set_slack_faults(SlackFaults { archived: 1, ..SlackFaults::default() });
    ground.raise("TROUBLE_B", None).await;
    for _ in 0..10 {
        ground.advance(300).await;
    }
    assert_eq!(ground.world.fakes.slack_texts().len(), 1);
}

async fn what_happens_again_is_the_same_alert_and_worse_news_begin_anew(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let user = ground.world.agent("support", 5, 1).await;
    ground.rule("TROUBLE_*", Severity::Warning, json!([step(&person(user), &json!(["console"]), 60)])).await;
    ground.raise("TROUBLE_A", None).await;
    ground.raise("TROUBLE_A", None).await;
    let row = ground.one().await;
    assert_eq!((row.count, row.severity, row.run), (2, Severity::Warning, 1));
    assert_eq!(ground.told().await.len(), 1);
    ground.raise("TROUBLE_B", None).await;
    assert_eq!(ground.all().await.len(), 2, "another code is another alert");
}

async fn quiet_hours_and_digests_hold_back_what_is_not_critical(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let sleeper = ground.world.agent("support", 5, 1).await;
    let reader = ground.world.agent("support", 5, 2).await;
    // The world begins at 13:59:55.
    ground
        .wishes(sleeper, |row| {
            (row.quiet_from, row.quiet_until) = (Some("13:00".into()), Some("15:00".into()));
        })
        .await;
    ground.wishes(reader, |row| (row.digest, row.phone) = (Digest::Hourly, None)).await;
    let everybody = json!([{ "type": "user", "id": sleeper }, { "type": "user", "id": reader }]);
    ground.rule("SMALL", Severity::Warning, json!([step(&everybody, &json!(["sms", "email"]), 60)])).await;
    ground.rule("LARGE", Severity::Critical, json!([step(&person(sleeper), &json!(["sms"]), 60)])).await;
    ground.raise("SMALL", None).await;
    assert_eq!((ground.texts_on_the_phone().len(), ground.world.fakes.letters().len()), (0, 0));
    ground.raise("LARGE", None).await;
    assert_eq!(ground.texts_on_the_phone().len(), 1, "an emergency passes");
    let now = ground.world.clock.now();
    let hour = (now + TimeDelta::hours(1)).timestamp().div_euclid(3_600) * 3_600;
    ground.advance(u64::try_from(hour - now.timestamp()).unwrap()).await;
    let letters = ground.world.fakes.letters();
    let gathered = letters.iter().filter(|mail| String::from_utf8_lossy(&mail.raw).contains("Alerts: 1"));
    assert_eq!(gathered.count(), 1);
    ground.advance(3_600).await;
    assert_eq!(ground.texts_on_the_phone().len(), 2, "the night is over");
}

async fn a_figure_fires_lasts_and_clears(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let world = &ground.world;
    let now = world.clock.now();
    let rule = AlertRuleRow {
        id: AlertRuleId::new(),
        name: "Two inboxes down".into(),
        rule_order: 1,
        enabled: true,
        conditions: json!({ "metric": "INBOX_UNHEALTHY", "at_least": 2, "clear_at": 0, "for_s": 120 }),
        severity: None,
        group_by: json!([]),
        ladder_id: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let mut tx = world.db.begin().await.unwrap();
    alert_rules::insert(&mut tx, &world.ctx(), &rule).await.unwrap();
    for subject in ["a", "b"] {
        alert_conditions::begin(&mut tx, "INBOX_UNHEALTHY", subject, now).await.unwrap();
    }
    tx.commit().await.unwrap();
    let look = async || Box::pin(alerts::watch(&world.deps.hub, &world.ctx())).await.unwrap();
    assert_eq!(look().await.fired, 0, "it has to last");
    world.advance(120);
    assert_eq!(look().await.fired, 1);
    assert_eq!(look().await.fired, 0, "once");
    let row = ground.one().await;
    assert_eq!((row.state, row.severity, &*row.code), (AlertState::Open, Severity::Critical, "INBOX_UNHEALTHY"));
    let end = async |subject: &str| {
        let mut tx = world.db.begin().await.unwrap();
        alert_conditions::end(&mut tx, "INBOX_UNHEALTHY", subject).await.unwrap();
        tx.commit().await.unwrap();
    };
    end("a").await;
    assert_eq!(look().await.cleared, 0, "one is still too many to be over");
    end("b").await;
    assert_eq!(look().await.cleared, 1);
    assert_eq!(ground.one().await.state, AlertState::Resolved);
    assert_eq!(world.alerts().await, ["INBOX_UNHEALTHY"], "the screens were told once");
}

async fn an_alert_ends_with_what_it_was_about(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let user = ground.world.agent("support", 5, 1).await;
    ground.rule("SLA_BREACH", Severity::Critical, json!([step(&person(user), &json!(["console"]), 60)])).await;
    let mut conversation = ground.world.hear("hello").await;
    ground.raise("SLA_BREACH", Some(conversation.id)).await;
    conversation.status = patchbay_core::conversation::ConversationStatus::Closed;
    conversation.closed_at = Some(ground.world.clock.now());
    let mut tx = ground.world.db.begin().await.unwrap();
    conversations::update(&mut tx, &[conversation]).await.unwrap();
    tx.commit().await.unwrap();
    let watched = Box::pin(alerts::watch(&ground.world.deps.hub, &ground.world.ctx())).await.unwrap();
    assert_eq!(watched.over, 1);
    let row = ground.one().await;
    assert_eq!((row.state, row.next_step_at), (AlertState::Resolved, None));
    // What happens from now on is a new alert.
    ground.raise("SLA_BREACH", None).await;
    assert_eq!(ground.all().await.len(), 2);
}

async fn nothing_is_counted_twice_and_nothing_of_our_own(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let conversation = ground.world.hear("There is a gas leak in the hall!").await;
    ground.raise("CONVERSATION_UNASSIGNED", Some(conversation.id)).await;
    ground.take().await;
    let counts: Vec<(String, i64)> = ground.all().await.into_iter().map(|row| (row.code, row.count)).collect();
    assert!(counts.contains(&("CONVERSATION_UNASSIGNED".into(), 1)), "{counts:?}");
    assert!(counts.iter().all(|(_, count)| *count == 1), "{counts:?}");
}

async fn an_answer_by_sms_opens_no_conversation_however_often_it_comes(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let user = ground.world.agent("support", 5, 1).await;
    ground.wishes(user, |_| {}).await;
    ground.rule("EMERGENCY", Severity::Critical, json!([step(&person(user), &json!(["sms"]), 300)])).await;
    ground.raise("EMERGENCY", None).await;
    let code = ground.one().await.reply_code;
    for said in ["ok".to_owned(), "ok".to_owned(), format!("ack {code} on my way")] {
        ground.world.fakes.say(DANA, Channel::Sms, &said).expect("a phone");
        ground.world.settle().await;
    }
    let row = ground.one().await;
    assert_eq!((row.state, row.owner_id), (AlertState::Acknowledged, Some(user)));
    assert_eq!(ground.world.told("conversation.new").await.len(), 0);
    // Whatever else they write is a message like any other.
    ground.world.fakes.say(DANA, Channel::Sms, "who is this?").expect("a phone");
    ground.world.settle().await;
    assert_eq!(ground.world.told("conversation.new").await.len(), 1);
}

async fn what_was_handed_over_and_not_answered_is_not_told_again(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let (first, second) = (ground.world.agent("support", 5, 1).await, ground.world.agent("support", 5, 2).await);
    ground.wishes(first, |_| {}).await;
    ground.wishes(second, |row| row.phone = Some("+15550109999".into())).await;
    let steps = json!([step(&person(first), &json!(["sms"]), 300), step(&person(second), &json!(["sms"]), 60)]);
    ground.rule("EMERGENCY", Severity::Critical, steps).await;
    ground.world.fakes.set_faults(Provider::Twilio, Faults { timeout_after_accept: 1, ..Faults::default() });
    ground.raise("EMERGENCY", None).await;
    assert_eq!(ground.told().await[0].state, NotificationState::Unknown);
    let before = ground.texts_on_the_phone().len();
    ground.advance(299).await;
    assert_eq!(ground.texts_on_the_phone().len(), before, "it is not repeated");
    ground.advance(1).await;
    let told = ground.told().await;
    assert_eq!(told.len(), 2, "the next step comes at its time");
    assert_eq!(told[1].state, NotificationState::Sent);
}

async fn a_crash_in_the_middle_of_telling_leaves_it_unknown(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let user = ground.world.agent("support", 5, 1).await;
    ground.wishes(user, |_| {}).await;
    ground.rule("EMERGENCY", Severity::Critical, json!([step(&person(user), &json!(["sms"]), 300)])).await;
    let event = NewEvent {
        id: EventId::new(),
        name: EventName::AlertRaised,
        conversation_id: None,
        conversation_seq: None,
        ticket_id: None,
        audience: Audience::default(),
        payload: json!({ "alert": { "code": "EMERGENCY" } }).to_string(),
        created_at: ground.world.clock.now(),
    };
    let mut tx = ground.world.db.begin().await.unwrap();
    events::append(&mut tx, &[event]).await.unwrap();
    tx.commit().await.unwrap();
    ground.take().await;
    // A node begins to tell, and dies.
    let id = ground.told().await[0].id;
    let mut tx = ground.world.db.begin().await.unwrap();
    assert!(alerts::begin(&mut tx, &ground.world.ctx(), id, "http://here").await.unwrap().is_some());
    tx.commit().await.unwrap();
    ground.world.drain().await;
    assert_eq!(ground.told().await[0].state, NotificationState::Unknown);
    assert_eq!(ground.texts_on_the_phone().len(), 0);
}

async fn people_are_told_in_the_words_that_are_kept_for_their_language(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let user = ground.world.agent("support", 5, 1).await;
    ground.wishes(user, |wishes| wishes.language = "fr".into()).await;
    ground.rule("EMERGENCY", Severity::Critical, json!([step(&person(user), &json!(["sms"]), 300)])).await;
    let now = ground.world.clock.now();
    let words = |code: &str, language: &str, body: &str| NotificationTemplateRow {
        id: NotificationTemplateId::new(),
        code: code.into(),
        language: language.into(),
        subject: "{{title}}".into(),
        body: body.into(),
        enabled: true,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let mut own = words("EMERGENCY", "fr", "À vous : {{title}} ({{rule}})");
    let mut tx = ground.world.db.begin().await.unwrap();
    for row in [&own, &words("EMERGENCY", "en", "In English"), &words("*", "fr", "Pour tout : {{code}}")] {
        notification_templates::insert(&mut tx, &ground.world.ctx(), row).await.unwrap();
    }
    tx.commit().await.unwrap();
    ground.raise("EMERGENCY", None).await;
    let code = ground.one().await.reply_code;
    let answer = format!("Répondez ACK {code} si vous vous en occupez.");
    let told = ground.texts_on_the_phone();
    assert_eq!(told, [format!("À vous : Un client signale une urgence (What wakes us)\n{answer}")]);
    // Without words of its own it is told in those for everything.
    own.enabled = false;
    let mut tx = ground.world.db.begin().await.unwrap();
    notification_templates::update(&mut tx, &ground.world.ctx(), &mut own).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(own.version, 2);
    let id = ground.told().await[0].id;
    let mut tx = ground.world.db.begin().await.unwrap();
    let pending = NotificationState::Pending;
    alert_notifications::settle(&mut tx, id, pending, None, ground.world.clock.now()).await.unwrap();
    let outgoing = alerts::begin(&mut tx, &ground.world.ctx(), id, "http://here").await.unwrap().expect("to be told");
    assert_eq!(outgoing.text, format!("Pour tout : EMERGENCY\n{answer}"));
    assert_eq!(outgoing.subject, format!("Un client signale une urgence [{code}]"));
}
