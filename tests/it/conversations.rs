//! What may be done with a conversation, by whom, and who sees it: domain, commands and rules of conversations. On one
//! node over each engine.

use std::collections::BTreeSet;

use patchbay_core::channel::Channel;
use patchbay_core::ids::RecordId;
use patchbay_tests::deployment::{CUSTOMER, OTHER_CUSTOMER, customer};
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Caller, Deployment, Plan, Socket, both_databases};
use serde_json::{Value, json};

both_databases! {
    who_may_take_what_is_told_why_not;
    a_lead_gives_within_the_team;
    a_transfer_stays_between_teams_of_whoever_makes_it;
    closing_keeps_to_its_reasons;
    what_was_closed_opens_again_for_who_had_it;
    a_customer_who_writes_again_comes_to_who_had_them;
    a_word_of_the_customer_ends_a_snooze;
    the_list_goes_on_page_by_page_and_narrows;
    each_sees_what_is_theirs_to_see;
    a_reply_that_has_not_seen_the_latest_is_refused;
    what_an_admin_does_outside_the_team_is_audited;
}

/// People of two of the teams that every installation begins with.
struct House {
    deployment: Deployment,
    ann: Caller,
    ben: Caller,
    /// Of the sales team.
    sam: Caller,
    /// Leads the support team.
    lead: Caller,
    /// Supervises both.
    vera: Caller,
}

impl House {
    async fn open(plan: Plan) -> Self {
        let deployment = Deployment::start(plan).await;
        let (ann, ben, sam, lead, vera) = tokio::join!(
            person(&deployment, "Ann", "support_agent", &["support"]),
            person(&deployment, "Ben", "support_agent", &["support"]),
            person(&deployment, "Sam", "support_agent", &["sales"]),
            person(&deployment, "Lea", "team_lead", &["support"]),
            person(&deployment, "Vera", "supervisor", &["support", "sales"]),
        );
        Self { deployment, ann, ben, sam, lead, vera }
    }

    /// A conversation in the queue of the support team.
    async fn waiting(&self, from: &str) -> String {
        self.deployment.hear(from, Channel::Sms, "Good day").await;
        id(&self.deployment.conversation(&self.vera, from, Channel::Sms).await).to_owned()
    }

    async fn held_by_ann(&self, from: &str) -> String {
        let conversation = self.waiting(from).await;
        self.ann.post(&path(&conversation, "take"), json!({})).await.expect(200);
        conversation
    }
}

async fn person(deployment: &Deployment, name: &str, role: &str, teams: &[&str]) -> Caller {
    let (email, password) = (format!("{}@example.test", name.to_lowercase()), "correct horse battery staple");
    let user = json!({"email": email, "full_name": name, "password": password, "role": role, "teams": teams,
                      "max_concurrent_conversations": 2});
    deployment.admin.post("/api/v1/users", user).await.expect(201);
    let anonymous = Caller::anonymous(deployment.admin.base_url());
    let login = json!({"email": email, "password": password});
    let answer = anonymous.post("/api/v1/auth/login", login).await.expect(200);
    anonymous.with_token(answer["access_token"].as_str().expect("a token"))
}

fn id(value: &Value) -> &str {
    value["id"].as_str().expect("it has an id")
}

fn path(conversation: &str, command: &str) -> String {
    format!("/api/v1/conversations/{conversation}/{command}")
}

async fn me(caller: &Caller) -> Value {
    caller.get("/api/v1/me").await.expect(200)["user"]["id"].clone()
}

async fn read(caller: &Caller, conversation: &str) -> Value {
    caller.get(&format!("/api/v1/conversations/{conversation}")).await.expect(200)
}

async fn who_may_take_what_is_told_why_not(plan: Plan) {
    let house = House::open(plan).await;
    let conversation = house.held_by_ann(CUSTOMER).await;
    house.sam.post(&path(&conversation, "take"), json!({})).await.expect_error(404, "NOT_FOUND");
    let late = house.ben.post(&path(&conversation, "take"), json!({})).await;
    assert_eq!(late.body["error"]["policy_error"]["from_state"], "assigned", "{}", late.body);
    late.expect_error(400, "NOT_IN_QUEUE");
    house.held_by_ann(OTHER_CUSTOMER).await;
    let third = house.waiting(&customer(2)).await;
    let full = house.ann.post(&path(&third, "take"), json!({})).await;
    let why = &full.body["error"]["policy_error"];
    assert_eq!((&why["held"], &why["capacity"]), (&json!(2), &json!(2)), "{}", full.body);
    full.expect_error(409, "AGENT_AT_CAPACITY");
    let still = read(&house.vera, &third).await;
    assert_eq!((&still["status"], &still["assigned_to"]), (&json!("queued"), &json!(null)));
    house.ben.post(&path(&third, "take"), json!({})).await.expect(200);
}

async fn a_lead_gives_within_the_team(plan: Plan) {
    let house = House::open(plan).await;
    let conversation = house.waiting(CUSTOMER).await;
    let (ben, sam) = (me(&house.ben).await, me(&house.sam).await);
    let to = |user: &Value| json!({"assigned_to": user});
    house.ann.post(&path(&conversation, "assign"), to(&ben)).await.expect_error(403, "FORBIDDEN");
    house.lead.post(&path(&conversation, "assign"), to(&sam)).await.expect_error(400, "INVALID_REQUEST");
    house
        .lead
        .post(&path(&conversation, "assign"), to(&json!(RecordId::new().0)))
        .await
        .expect_error(400, "INVALID_REQUEST");
    house
        .deployment
        .admin
        .call(
            reqwest::Method::PATCH,
            &format!("/api/v1/users/{}", ben.as_str().expect("an id")),
            Some(json!({"is_active": false})),
            &[],
        )
        .await
        .expect(200);
    house.lead.post(&path(&conversation, "assign"), to(&ben)).await.expect_error(400, "INVALID_REQUEST");
    assert_eq!(read(&house.lead, &conversation).await["status"], "queued");
    let given = house.lead.post(&path(&conversation, "assign"), to(&me(&house.ann).await)).await.expect(200);
    assert_eq!((&given["status"], &given["assigned_to"]["name"]), (&json!("assigned"), &json!("Ann")));
    house.lead.post(&path(&conversation, "close"), json!({"close_reason": "resolved"})).await.expect(200);
    let closed = house.lead.post(&path(&conversation, "assign"), to(&me(&house.ann).await)).await;
    closed.expect_error(409, "INVALID_STATE_TRANSITION");
}

async fn a_transfer_stays_between_teams_of_whoever_makes_it(plan: Plan) {
    let house = House::open(plan).await;
    let conversation = house.held_by_ann(CUSTOMER).await;
    let to_sales = json!({"to_team_id": "sales", "reason": "They want to buy"});
    house.ann.post(&path(&conversation, "transfer"), to_sales.clone()).await.expect_error(403, "FORBIDDEN");
    house.lead.post(&path(&conversation, "transfer"), to_sales.clone()).await.expect_error(403, "FORBIDDEN");
    for wrong in [
        json!({"to_team_id": "nowhere", "reason": "?"}),
        json!({"to_team_id": "sales", "reason": " "}),
        json!({"to_team_id": "sales", "reason": "They want to buy", "to_agent_id": me(&house.ben).await}),
        json!({"to_team_id": "sales"}),
    ] {
        house.vera.post(&path(&conversation, "transfer"), wrong).await.expect_error(400, "INVALID_REQUEST");
    }
    assert_eq!(read(&house.vera, &conversation).await["assigned_to"]["name"], "Ann", "nothing was moved");
    let moved = house.vera.post(&path(&conversation, "transfer"), to_sales).await.expect(200);
    assert_eq!((&moved["status"], &moved["assigned_to"]), (&json!("queued"), &json!(null)));
    assert_eq!(moved["team"]["slug"], "sales", "{moved}");
    house.ann.get(&format!("/api/v1/conversations/{conversation}")).await.expect_error(404, "NOT_FOUND");
    let back = json!({"to_team_id": "support", "reason": "They want help", "to_agent_id": me(&house.ben).await});
    let back = house.vera.post(&path(&conversation, "transfer"), back).await.expect(200);
    assert_eq!((&back["status"], &back["assigned_to"]["name"]), (&json!("assigned"), &json!("Ben")));
}

async fn closing_keeps_to_its_reasons(plan: Plan) {
    let house = House::open(plan).await;
    let (one, other) = (house.held_by_ann(CUSTOMER).await, house.waiting(OTHER_CUSTOMER).await);
    let because = |reason: &str| json!({"close_reason": reason});
    house.ben.post(&path(&one, "close"), because("resolved")).await.expect_error(404, "NOT_FOUND");
    house.ben.post(&path(&other, "close"), because("spam")).await.expect_error(403, "NOT_ASSIGNED");
    house.ann.post(&path(&one, "close"), because("tired")).await.expect_error(400, "INVALID_REQUEST");
    house.ann.post(&path(&one, "close"), because("duplicate")).await.expect_error(400, "INVALID_REQUEST");
    let of_itself = json!({"close_reason": "duplicate", "duplicate_of": one});
    house.ann.post(&path(&one, "close"), of_itself).await.expect_error(400, "INVALID_REQUEST");
    // Nobody has looked at it: it can only be thrown away.
    house.lead.post(&path(&other, "close"), because("resolved")).await.expect_error(409, "INVALID_STATE_TRANSITION");
    assert_eq!(read(&house.lead, &other).await["status"], "queued");
    house.lead.post(&path(&other, "close"), because("spam")).await.expect(200);
    let duplicate = json!({"close_reason": "duplicate", "duplicate_of": other, "notes": "Wrote twice"});
    // Ann does not see what was closed from the queue.
    house.ann.post(&path(&one, "close"), duplicate.clone()).await.expect_error(404, "NOT_FOUND");
    let closed = house.lead.post(&path(&one, "close"), duplicate).await.expect(200);
    assert_eq!((&closed["status"], &closed["close_reason"]), (&json!("closed"), &json!("duplicate")));
    let again = house.lead.post(&path(&one, "close"), because("resolved")).await;
    again.expect_error(409, "INVALID_STATE_TRANSITION");
    let late = json!({"content": {"type": "text", "text": "Hello?"}, "client_message_id": RecordId::new().0});
    let refused = house.lead.post(&path(&one, "messages"), late).await;
    assert_eq!(refused.status.as_u16(), 409, "{}", refused.body);
}

async fn what_was_closed_opens_again_for_who_had_it(plan: Plan) {
    let house = House::open(plan).await;
    let conversation = house.held_by_ann(CUSTOMER).await;
    house.lead.post(&path(&conversation, "reopen"), json!({})).await.expect_error(409, "INVALID_STATE_TRANSITION");
    house.ann.post(&path(&conversation, "close"), json!({"close_reason": "resolved"})).await.expect(200);
    house.ann.post(&path(&conversation, "reopen"), json!({})).await.expect_error(403, "FORBIDDEN");
    let open = house.lead.post(&path(&conversation, "reopen"), json!({})).await.expect(200);
    assert_eq!((&open["status"], &open["assigned_to"]["name"]), (&json!("assigned"), &json!("Ann")));
    assert_eq!((&open["closed_at"], &open["close_reason"]), (&json!(null), &json!(null)));
}

async fn a_customer_who_writes_again_comes_to_who_had_them(plan: Plan) {
    let house = House::open(plan).await;
    let conversation = house.held_by_ann(CUSTOMER).await;
    let (closing, because) = (path(&conversation, "close"), json!({"close_reason": "resolved"}));
    house.ann.post(&closing, because.clone()).await.expect(200);
    // Ann has gone home.
    house.deployment.hear(CUSTOMER, Channel::Sms, "One more thing").await;
    let open = read(&house.vera, &conversation).await;
    assert_eq!((&open["status"], &open["assigned_to"]), (&json!("queued"), &json!(null)));
    house.ann.post(&path(&conversation, "take"), json!({})).await.expect(200);
    house.ann.post(&closing, because).await.expect(200);
    let mut watch = Socket::open(&house.lead, None).await;
    let _desk = Socket::open(&house.ann, None).await;
    let is_ann = |frame: &Value| frame["data"]["user"]["name"] == "Ann" && frame["data"]["status"] == "online";
    watch.await_frame(|frame| frame["event"] == "agent.presence" && is_ann(frame)).await;
    house.deployment.hear(CUSTOMER, Channel::Sms, "And another").await;
    let open = read(&house.ann, &conversation).await;
    assert_eq!((&open["status"], &open["assigned_to"]["name"]), (&json!("assigned"), &json!("Ann")));
    assert_eq!(open["close_reason"], json!(null));
    house.deployment.hear(CUSTOMER, Channel::Sms, "Hello?").await;
    assert_eq!(read(&house.ann, &conversation).await["status"], "pending_agent");
}

async fn a_word_of_the_customer_ends_a_snooze(plan: Plan) {
    let house = House::open(plan).await;
    let conversation = house.held_by_ann(CUSTOMER).await;
    let past = json!({"until": "2020-01-01T00:00:00Z"});
    house.ann.post(&path(&conversation, "snooze"), past).await.expect_error(400, "INVALID_REQUEST");
    house.ben.post(&path(&conversation, "snooze"), json!({"until": null})).await.expect_error(404, "NOT_FOUND");
    let later = json!({"until": "2999-01-01T00:00:00Z"});
    let asleep = house.ann.post(&path(&conversation, "snooze"), later).await.expect(200);
    assert_eq!(asleep["snoozed_until"], "2999-01-01T00:00:00Z");
    house.deployment.hear(CUSTOMER, Channel::Sms, "Are you there?").await;
    let awake = read(&house.ann, &conversation).await;
    assert_eq!((&awake["snoozed_until"], &awake["status"]), (&json!(null), &json!("pending_agent")));
}

async fn the_list_goes_on_page_by_page_and_narrows(plan: Plan) {
    let house = House::open(plan).await;
    let mut all = BTreeSet::new();
    for number in 0..5 {
        all.insert(house.waiting(&customer(number)).await);
    }
    house.deployment.hear(CUSTOMER, Channel::Whatsapp, "Here, too").await;
    let other = house.deployment.conversation(&house.vera, CUSTOMER, Channel::Whatsapp).await;
    all.insert(id(&other).to_owned());
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for page in 0.. {
        assert!(page < 5, "the list ends");
        let list = house.vera.get(&format!("/api/v1/conversations?limit=4{cursor}")).await.expect(200);
        seen.extend(list["data"].as_array().expect("a list").iter().map(|one| id(one).to_owned()));
        let Some(next) = list["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!((seen.len(), seen.into_iter().collect::<BTreeSet<_>>()), (6, all));
    house.vera.get("/api/v1/conversations?cursor=nonsense").await.expect_error(400, "INVALID_QUERY");
    house.vera.get("/api/v1/conversations?limit=0").await.expect_error(400, "INVALID_QUERY");
    house.vera.get("/api/v1/conversations?status=lost").await.expect_error(400, "INVALID_QUERY");

    let taken = house.held_by_ann(&customer(1)).await;
    house.vera.post(&path(&taken, "tags"), json!({"tag": "door"})).await;
    let ann = me(&house.ann).await;
    let ann = ann.as_str().expect("an id");
    let inbox = other["inbox"]["id"].as_str().unwrap_or_else(|| panic!("{other}"));
    for (filter, expected) in [
        ("status=queued".to_owned(), 5),
        ("status=assigned".to_owned(), 1),
        (format!("assigned_to={ann}"), 1),
        ("channel=whatsapp".to_owned(), 1),
        (format!("inbox={inbox}"), 1),
        ("team=support".to_owned(), 6),
        ("team=sales".to_owned(), 0),
        (format!("status=queued&assigned_to={ann}"), 0),
    ] {
        let list = house.vera.get(&format!("/api/v1/conversations?{filter}")).await.expect(200);
        assert_eq!(list["data"].as_array().expect("a list").len(), expected, "{filter}");
    }
    // The index of words is written by a worker.
    eventually("its words find it", PATIENCE, || async {
        let list = house.vera.get("/api/v1/conversations?q=Here").await.expect(200);
        (list["data"].as_array()?.len() == 1).then_some(())
    })
    .await;
}

async fn each_sees_what_is_theirs_to_see(plan: Plan) {
    let house = House::open(plan).await;
    let (held, waiting) = (house.held_by_ann(CUSTOMER).await, house.waiting(OTHER_CUSTOMER).await);
    let whole = BTreeSet::from([held.clone(), waiting.clone()]);
    let nothing = BTreeSet::new();
    for (name, caller, expected) in [
        ("Ann holds one", &house.ann, &whole),
        ("Ben sees the queue", &house.ben, &BTreeSet::from([waiting.clone()])),
        ("Sam is of another team", &house.sam, &nothing),
        ("the lead sees the team's", &house.lead, &whole),
        ("the supervisor sees both teams'", &house.vera, &whole),
        ("the admin sees all", &house.deployment.admin, &whole),
    ] {
        let list = caller.get("/api/v1/conversations").await.expect(200);
        let listed: BTreeSet<String> =
            list["data"].as_array().expect("a list").iter().map(|one| id(one).to_owned()).collect();
        assert_eq!(listed, *expected, "{name}");
        for one in &whole {
            let status = if expected.contains(one) { 200 } else { 404 };
            for path in [format!("/api/v1/conversations/{one}"), path(one, "messages")] {
                assert_eq!(caller.get(&path).await.status.as_u16(), status, "{name}: {path}");
            }
        }
    }
}

async fn a_reply_that_has_not_seen_the_latest_is_refused(plan: Plan) {
    let house = House::open(plan).await;
    let conversation = house.held_by_ann(CUSTOMER).await;
    let reply = |text: &str, seen: i64| json!({"content": {"type": "text", "text": text}, "client_message_id": RecordId::new().0, "seen_seq": seen});
    house.ann.post(&path(&conversation, "messages"), reply("One", 1)).await.expect(201);
    // One's own reply does not count: whoever wrote it has seen it.
    house.ann.post(&path(&conversation, "messages"), reply("Two", 1)).await.expect(201);
    house.deployment.hear(CUSTOMER, Channel::Sms, "Wait!").await;
    let before = house.deployment.messages(&house.ann, &conversation).await.len();
    let refused = house.ann.post(&path(&conversation, "messages"), reply("Three", 3)).await;
    let why = &refused.body["error"]["policy_error"];
    assert_eq!((&why["seen_seq"], &why["last_seq"]), (&json!(3), &json!(4)), "{}", refused.body);
    refused.expect_error(409, "CONVERSATION_MOVED");
    assert_eq!(house.deployment.messages(&house.ann, &conversation).await.len(), before);
    house.ann.post(&path(&conversation, "messages"), reply("Three", 4)).await.expect(201);
}

async fn what_an_admin_does_outside_the_team_is_audited(plan: Plan) {
    let house = House::open(plan).await;
    let conversation = house.waiting(CUSTOMER).await;
    let admin = &house.deployment.admin;
    admin.post(&path(&conversation, "take"), json!({})).await.expect(200);
    admin.post(&path(&conversation, "notes"), json!({"text": "I look after it"})).await.expect(201);
    let reply = json!({"content": {"type": "text", "text": "Hello"}, "client_message_id": RecordId::new().0});
    admin.post(&path(&conversation, "messages"), reply).await.expect(201);
    house.held_by_ann(OTHER_CUSTOMER).await;
    let audit = admin.get("/api/v1/audit?tool=conversation.override").await.expect(200);
    let kept: Vec<&Value> =
        audit["data"].as_array().expect("a list").iter().map(|one| &one["payload"]["subject"]).collect();
    let done: Vec<&str> = kept.iter().rev().filter_map(|subject| subject["what"].as_str()).collect();
    assert_eq!(done, ["taken", "noted", "answered"], "{audit}");
    assert!(kept.iter().all(|subject| subject["conversation_id"] == conversation.as_str()), "{audit}");
}
