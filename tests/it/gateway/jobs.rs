//! Jobs of dealerships, as a dealer's assistant finds them.

use patchbay_core::ids::RecordId;
use patchbay_tests::{Caller, Plan, both_plans};
use reqwest::Method;
use serde_json::{Value, json};

use super::desk::{Desk, UNLIMITED};

both_plans! {
    a_dealer_finds_the_jobs_of_its_own_dealership_and_nobody_elses;
    a_job_is_recorded_once_with_its_vehicle_when_the_dealer_replies;
    a_flagged_make_a_flagged_dealer_and_doubts_wait_for_a_person_and_are_urgent;
    rules_that_rank_are_applied_and_named_on_the_draft_and_on_the_ticket;
    a_job_is_for_dealers_at_their_own_sites_and_says_which_vehicle;
    a_service_that_changed_since_is_not_recorded;
    a_customer_chooses_a_window_by_replying;
}

const VIN: &str = "1HGCM82633A004352";

/// A dealership with one vehicle and one job: its account and the job's code.
async fn dealership(admin: &Caller, name: &str, vin: &str) -> (Value, String) {
    let account = json!({"name": name, "profile": "dealership"});
    let account = admin.post("/api/v1/accounts", account).await.expect(201)["id"].clone();
    let site = json!({"account_id": account, "name": name, "address1": "1 Main Street", "city": "Ottawa",
                      "country": "CA", "timezone": "America/Toronto"});
    let site = admin.post("/api/v1/sites", site).await.expect(201)["id"].clone();
    let asset = json!({"account_id": account, "site_id": site, "kind": "vehicle", "make": "Honda", "model": "Accord",
                       "year": 2003, "vin": vin, "stock_no": "Q7-12"});
    let asset = admin.post("/api/v1/assets", asset).await.expect(201)["id"].clone();
    let job = json!({"account_id": account, "site_id": site, "asset_id": asset, "summary": "Tint the windows"});
    let key = RecordId::new().to_string();
    let made = admin.call(reqwest::Method::POST, "/tickets", Some(job), &[("idempotency-key", &key)]).await.expect(201);
    (account, made["code"].as_str().expect("a code").to_owned())
}

/// A desk whose customer is a dealer, and the dealership's account.
async fn dealers_desk(plan: Plan) -> (Desk, Value) {
    let desk = Desk::open(plan, UNLIMITED).await;
    let (account, _) = dealership(desk.admin(), "North Motors", VIN).await;
    belongs_to(&desk, &account).await;
    let service = json!({"code": "TINT", "name": "Window tint", "base_price_cents": 12_900, "currency": "USD"});
    desk.admin().post("/api/v1/services", service).await.expect(201);
    (desk, account)
}

/// Makes the desk's customer a contact of an account.
async fn belongs_to(desk: &Desk, account: &Value) {
    let context = desk.call("get_conversation_context", json!({})).await.expect(200);
    let contact = context["result"]["customer_id"].as_str().expect("an id").to_owned();
    patch(desk.admin(), &format!("/api/v1/contacts/{contact}"), json!({"account_id": account})).await;
}

async fn patch(admin: &Caller, path: &str, body: Value) {
    admin.call(Method::PATCH, path, Some(body), &[]).await.expect(200);
}

fn job(make: &str, stock_no: &str) -> Value {
    json!({"service_code": "TINT", "vehicle": {"year": 2021, "make": make, "model": "Q5", "stock_no": stock_no}})
}

/// Drafts a job: the draft as it was answered.
async fn drafted(desk: &Desk, arguments: Value) -> Value {
    desk.call("create_job_draft", arguments).await.expect(200)["result"].clone()
}

fn id_of(draft: &Value) -> String {
    draft["draft_id"].as_str().expect("an id").to_owned()
}

/// A person of ours agrees.
async fn approved(desk: &Desk, draft: &str) {
    desk.supervisor().post(&format!("/api/v1/drafts/{draft}/approve"), json!({})).await.expect(200);
}

/// Carries a confirmed draft out with the token that the assistant reads: the result, and the ticket.
async fn carried_out(desk: &Desk, draft: &str) -> (Value, Value) {
    let shown = desk.call("get_draft", json!({"draft_id": draft})).await.expect(200);
    let commit = json!({"draft_id": draft, "confirmation_token": shown["result"]["confirmation_token"]});
    let done = desk.call("commit_draft", commit.clone()).await.expect(200)["result"].clone();
    assert_eq!(done["state"], "COMMITTED", "{done}");
    // The answer may have been lost: the same call is answered again and does nothing.
    assert_eq!(desk.call("commit_draft", commit).await.expect(200)["result"]["ticket_id"], done["ticket_id"]);
    let path = format!("/tickets/{}", done["ticket_id"].as_str().expect("a ticket"));
    let ticket = desk.admin().get(&path).await.expect(200);
    assert_eq!(done["reference"], ticket["code"], "{done}");
    (done, ticket)
}

async fn a_job_is_recorded_once_with_its_vehicle_when_the_dealer_replies(plan: Plan) {
    let (desk, account) = dealers_desk(plan).await;
    // The desk's team is sales; jobs are no business of one team.
    let path = format!("/api/v1/conversations/{}/transfer", desk.conversation);
    desk.admin().post(&path, json!({"to_team": "support", "reason": "a job"})).await.expect(200);
    let mut asked = job("Honda", "Z-100");
    asked["vehicle"]["vin"] = json!("JH4KA7561PC008269");
    let draft = drafted(&desk, asked).await;
    assert_eq!((&draft["state"], &draft["plan"]), (&json!("AWAITING_CUSTOMER"), &json!("customer")), "{draft}");
    assert_eq!((&draft["needs_manual_review"], &draft["applied_rules"]), (&json!(false), &json!([])), "{draft}");
    let id = id_of(&draft);
    let early = json!({"draft_id": id, "confirmation_token": "CONFIRM-AAAA2222"});
    desk.call("commit_draft", early).await.expect_error(409, "CONFIRMATION_REQUIRED");
    let code = desk.code(1).await;
    assert!(!draft.to_string().contains(&code), "the assistant never sees the code");
    desk.says(&format!("yes {code}")).await;
    desk.awaits(&id, "CONFIRMED").await;
    let (_, ticket) = carried_out(&desk, &id).await;
    assert_eq!((&ticket["account_id"], &ticket["state"]), (&account, &json!("NEW")), "{ticket}");
    assert_eq!(ticket["summary"], "Window tint: 2021 Honda Q5, VIN JH4KA7561PC008269, stock Z-100");
    assert_eq!((&ticket["urgency"], &ticket["ranking_score"]), (&json!("MEDIUM"), &json!(5)));
    let asset = format!("/api/v1/assets/{}", ticket["asset_id"].as_str().expect("a vehicle"));
    let vehicle = desk.admin().get(&asset).await.expect(200);
    assert_eq!(
        (&vehicle["make"], &vehicle["stock_no"], &vehicle["year"]),
        (&json!("Honda"), &json!("Z-100"), &json!(2021))
    );
    let found = desk.call("find_job", json!({"stock_no": "z-100"})).await.expect(200);
    assert_eq!((&found["result"]["count"], &found["result"]["jobs"][0]["service"]), (&json!(1), &json!("Window tint")));
    // The gateway did it as itself, for the dealer; the assistant was lent nothing.
    let timeline =
        desk.admin().get(&format!("/tickets/{}/timeline", ticket["id"].as_str().expect("an id"))).await.expect(200);
    let made =
        timeline["events"].as_array().expect("events").iter().find(|event| event["tool_name"] == "ticket.create");
    let made = made.unwrap_or_else(|| panic!("{timeline}"));
    assert_eq!((&made["actor_role"], &made["actor_type"]), (&json!("system"), &json!("SERVICE")), "{made}");
    assert_eq!(made["on_behalf_of"], ticket["contact_id"], "{made}");
    // Another job on the same car is on the same record of it.
    let again = drafted(&desk, job("Honda", "Z-100")).await;
    // The third message with a code: the dealer's own reply was the second.
    let code = desk.code(3).await;
    desk.says(&code).await;
    desk.awaits(&id_of(&again), "CONFIRMED").await;
    let (_, second) = carried_out(&desk, &id_of(&again)).await;
    assert_eq!(second["asset_id"], ticket["asset_id"]);
    assert_ne!(second["id"], ticket["id"]);
}

async fn a_flagged_make_a_flagged_dealer_and_doubts_wait_for_a_person_and_are_urgent(plan: Plan) {
    let (desk, account) = dealers_desk(plan).await;
    let mut unsure = job("Honda", "Z-2");
    unsure["parsing_confidence"] = json!(0.5);
    let mut misread = job("Honda", "Z-3");
    misread["vehicle"]["vin"] = json!("1HGCM82633A004353");
    for (asked, rule, reason) in [
        (job("audi", "Z-1"), "Audi Escalation", "AUDI_RULE"),
        (unsure, "Low Confidence Escalation", "LOW_CONFIDENCE"),
        (misread, "Vehicle Number Escalation", "VIN_CHECK"),
    ] {
        let draft = drafted(&desk, asked).await;
        check_flagged(&desk, &draft, rule, reason).await;
    }
    let sites =
        desk.admin().get(&format!("/api/v1/sites?account_id={}", account.as_str().expect("an id"))).await.expect(200);
    let site = sites["data"][0]["id"].as_str().expect("a site").to_owned();
    patch(desk.admin(), &format!("/api/v1/sites/{site}"), json!({"is_audit_flagged": true})).await;
    let draft = drafted(&desk, job("Honda", "Z-4")).await;
    check_flagged(&desk, &draft, "Flagged Dealer Escalation", "AUDIT_FLAG").await;
}

/// A flagged draft waits for a person, and its ticket for a person's look, as urgent as it has to be.
async fn check_flagged(desk: &Desk, draft: &Value, rule: &str, reason: &str) {
    assert_eq!((&draft["state"], &draft["plan"]), (&json!("AWAITING_HUMAN"), &json!("human")), "{draft}");
    assert_eq!((&draft["urgency"], &draft["needs_manual_review"]), (&json!("HIGH"), &json!(true)), "{draft}");
    let names = |list: &Value, name: &str| list.as_array().is_some_and(|all| all.iter().any(|one| one == name));
    assert!(names(&draft["applied_rules"], rule) && names(&draft["review_reasons"], reason), "{draft}");
    let id = id_of(draft);
    let early = json!({"draft_id": id, "confirmation_token": "CONFIRM-AAAA2222"});
    desk.call("commit_draft", early).await.expect_error(409, "APPROVAL_THRESHOLD");
    let seen = desk.supervisor().get(&format!("/api/v1/drafts/{id}")).await.expect(200);
    assert!(seen["rendered"].as_str().is_some_and(|text| text.starts_with("Record a job for ")), "{seen}");
    desk.assistant.post(&format!("/api/v1/drafts/{id}/approve"), json!({})).await.expect_error(403, "FORBIDDEN");
    approved(desk, &id).await;
    let (_, ticket) = carried_out(desk, &id).await;
    assert_eq!((&ticket["urgency"], &ticket["review_required"]), (&json!("HIGH"), &json!(true)), "{ticket}");
    assert!(names(&ticket["applied_rules"], rule) && names(&ticket["review_reasons"], reason), "{ticket}");
}

async fn rules_that_rank_are_applied_and_named_on_the_draft_and_on_the_ticket(plan: Plan) {
    let (desk, account) = dealers_desk(plan).await;
    let admin = desk.admin();
    let engine = json!({"code": "ENGINE", "name": "Engine repair", "base_price_cents": 90_000, "currency": "USD"});
    let engine = admin.post("/api/v1/services", engine).await.expect(201)["id"].clone();
    let sites = admin.get(&format!("/api/v1/sites?account_id={}", account.as_str().expect("an id"))).await.expect(200);
    let rule = json!({"description": "Engines of North Motors", "site_id": sites["data"][0]["id"], "service_id": engine,
                      "target_urgency": "CRITICAL", "ranking_score": 15});
    let rule = admin.post("/api/v1/ranking-rules", rule).await.expect(201);
    let asked = |make: &str, stock_no: &str| {
        let mut asked = job(make, stock_no);
        asked["service_code"] = json!("ENGINE");
        asked
    };
    let audi = drafted(&desk, asked("Audi", "R-1")).await;
    let applied = json!(["Premium Vehicle (Audi)", "Audi Escalation", "Engines of North Motors"]);
    assert_eq!((&audi["applied_rules"], &audi["ranking_score"]), (&applied, &json!(28)), "{audi}");
    assert_eq!(audi["urgency"], "CRITICAL");
    approved(&desk, &id_of(&audi)).await;
    let (_, ticket) = carried_out(&desk, &id_of(&audi)).await;
    assert_eq!((&ticket["applied_rules"], &ticket["ranking_score"]), (&applied, &json!(28)), "{ticket}");
    assert_eq!((&ticket["urgency"], &ticket["priority"]), (&json!("CRITICAL"), &json!("ROUTINE")), "{ticket}");
    // The same ticket with other work ranks from what was asked, not from what the rules made of it.
    let tint = admin.get("/api/v1/services?q=tint").await.expect(200)["data"][0]["id"].clone();
    let path = format!("/tickets/{}", ticket["id"].as_str().expect("an id"));
    let change = json!({"services": [{"service_id": tint, "qty": 1}]});
    let key = RecordId::new().to_string();
    let changed = admin.call(Method::PATCH, &path, Some(change), &[("idempotency-key", &key)]).await.expect(200);
    assert_eq!((&changed["ranking_score"], &changed["urgency"]), (&json!(13), &json!("HIGH")), "{changed}");
    // A rule that is switched off counts no more.
    patch(
        admin,
        &format!("/api/v1/ranking-rules/{}", rule["id"].as_str().expect("an id")),
        json!({"is_active": false}),
    )
    .await;
    let honda = drafted(&desk, asked("Honda", "R-2")).await;
    assert_eq!((&honda["applied_rules"], &honda["ranking_score"]), (&json!([]), &json!(5)), "{honda}");
    // People's tickets rank by the same rules.
    let audi = json!({"account_id": account, "site_id": sites["data"][0]["id"], "summary": "Squeaks",
                      "asset_id": ticket["asset_id"]});
    let key = RecordId::new().to_string();
    let made = admin.call(Method::POST, "/tickets", Some(audi), &[("idempotency-key", &key)]).await.expect(201);
    assert_eq!((&made["urgency"], &made["review_reasons"]), (&json!("HIGH"), &json!(["AUDI_RULE"])), "{made}");
}

async fn a_job_is_for_dealers_at_their_own_sites_and_says_which_vehicle(plan: Plan) {
    let desk = Desk::open(plan, UNLIMITED).await;
    let (own, _) = dealership(desk.admin(), "North Motors", VIN).await;
    let (foreign, _) = dealership(desk.admin(), "South Motors", "1HGCM82633A004353").await;
    let service = json!({"code": "TINT", "name": "Window tint", "base_price_cents": 12_900, "currency": "USD"});
    desk.admin().post("/api/v1/services", service).await.expect(201);
    desk.call("create_job_draft", job("Honda", "Z-1")).await.expect_error(403, "TOOL_NOT_ALLOWED");
    belongs_to(&desk, &own).await;
    let sites =
        desk.admin().get(&format!("/api/v1/sites?account_id={}", foreign.as_str().expect("an id"))).await.expect(200);
    let with = |path: &str, value: Value| {
        let mut asked = job("Honda", "Z-1");
        *asked.pointer_mut(path).expect("there") = value;
        asked
    };
    let mut elsewhere = job("Honda", "Z-1");
    elsewhere["site_id"] = sites["data"][0]["id"].clone();
    desk.call("create_job_draft", elsewhere).await.expect_error(404, "NOT_FOUND");
    desk.call("create_job_draft", with("/service_code", json!("NONE"))).await.expect_error(404, "NOT_FOUND");
    let mut unknown = job("Honda", "Z-1");
    unknown["account_id"] = foreign;
    for wrong in [
        with("/vehicle/stock_no", Value::Null),
        with("/vehicle/year", json!("2021")),
        with("/vehicle", json!({"year": 2021, "make": "Honda", "model": "Q5", "vin": "IOQ45678901234567"})),
        with("/vehicle", json!({"year": 2021, "make": "Honda", "model": "Q5", "stock_no": "Z", "human": false})),
        unknown,
    ] {
        desk.call("create_job_draft", wrong.clone()).await.expect_error(400, "INVALID_REQUEST");
    }
    // A letter of another alphabet hides a make from the rules, and asks for a person by itself.
    let draft = drafted(&desk, job("\u{410}udi", "Z-9")).await;
    assert_eq!(draft["plan"], "customer+human", "{draft}");
}

async fn a_service_that_changed_since_is_not_recorded(plan: Plan) {
    let (desk, _) = dealers_desk(plan).await;
    let draft = id_of(&drafted(&desk, job("Honda", "Z-1")).await);
    let code = desk.code(1).await;
    desk.says(&code).await;
    desk.awaits(&draft, "CONFIRMED").await;
    let service = desk.admin().get("/api/v1/services?q=tint").await.expect(200)["data"][0]["id"].clone();
    let path = format!("/api/v1/services/{}", service.as_str().expect("an id"));
    patch(desk.admin(), &path, json!({"base_price_cents": 99_900})).await;
    let commit = json!({"draft_id": draft, "confirmation_token": code});
    desk.call("commit_draft", commit).await.expect_error(409, "DRAFT_STATE_CONFLICT");
    desk.awaits(&draft, "FAILED").await;
    let found = desk.call("find_job", json!({"stock_no": "Z-1"})).await.expect(200);
    assert_eq!(found["result"]["count"], 0, "{found}");
}

async fn a_customer_chooses_a_window_by_replying(plan: Plan) {
    let (desk, _) = dealers_desk(plan).await;
    let made = desk.call("ticket.create", json!({"summary": "Detail the car"})).await.expect(200);
    let ticket = made["result"]["id"].as_str().expect("an id").to_owned();
    let triaged = json!({"ticket_id": ticket, "priority": "ROUTINE", "incident_type": "DETAILING",
                         "workflow_outcome": "READY_TO_SCHEDULE"});
    desk.call("ticket.triage", triaged).await.expect(200);
    let options = json!([{"start": "2031-03-06T14:00:00Z", "end": "2031-03-06T16:00:00Z"},
                         {"start": "2031-03-07T14:00:00Z", "end": "2031-03-07T16:00:00Z"}]);
    let nothing = json!({"ticket_id": ticket, "window_id": RecordId::new()});
    desk.call("confirm_schedule_draft", nothing.clone()).await.expect_error(409, "INVALID_STATE_TRANSITION");
    desk.call("schedule.propose", json!({"ticket_id": ticket, "options": options})).await.expect(200);
    desk.call("confirm_schedule_draft", nothing).await.expect_error(404, "NOT_FOUND");
    let shown = desk.call("ticket.get", json!({"ticket_id": ticket})).await.expect(200);
    let next = shown["result"]["next_steps"].as_array().expect("a list");
    assert!(next.iter().any(|tool| tool == "confirm_schedule_draft"), "{shown}");
    let window = &shown["result"]["windows"][1];
    let asked = json!({"ticket_id": ticket, "window_id": window["window_id"]});
    let draft = desk.call("confirm_schedule_draft", asked).await.expect(200)["result"].clone();
    assert_eq!((&draft["plan"], &draft["ticket_id"]), (&json!("customer"), &json!(ticket)), "{draft}");
    let code = desk.code(1).await;
    desk.says(&format!("the second, {code}")).await;
    desk.awaits(&id_of(&draft), "CONFIRMED").await;
    let (_, scheduled) = carried_out(&desk, &id_of(&draft)).await;
    assert_eq!(scheduled["state"], "SCHEDULED", "{scheduled}");
    assert_eq!(scheduled["scheduled_start"], "2031-03-07T14:00:00Z", "{scheduled}");
}

async fn a_dealer_finds_the_jobs_of_its_own_dealership_and_nobody_elses(plan: Plan) {
    let desk = Desk::open(plan, UNLIMITED).await;
    let (own, code) = dealership(desk.admin(), "North Motors", VIN).await;
    let (_, foreign) = dealership(desk.admin(), "South Motors", "1HGCM82633A004353").await;
    let asked = json!({"stock_no": "q7-12"});
    desk.call("find_job", asked.clone()).await.expect_error(403, "TOOL_NOT_ALLOWED");
    let context = desk.call("get_conversation_context", json!({})).await.expect(200);
    assert_eq!(context["result"]["party"], "customer");
    let contact = context["result"]["customer_id"].as_str().expect("an id").to_owned();
    let patch = json!({"account_id": own});
    let path = format!("/api/v1/contacts/{contact}");
    desk.admin().call(reqwest::Method::PATCH, &path, Some(patch), &[]).await.expect(200);
    let found = desk.call("find_job", asked).await.expect(200);
    assert_eq!(found["result"]["count"], 1, "{found}");
    let job = &found["result"]["jobs"][0];
    assert_eq!((&job["code"], &job["state"]), (&json!(code), &json!("NEW")), "{found}");
    assert_eq!(job["vehicle"], json!({"year": 2003, "make": "Honda", "model": "Accord", "stock_no": "Q7-12"}));
    for by in [json!({"vin": VIN.to_lowercase()}), json!({"job_code": code}), json!({"vin": VIN, "stock_no": "Q7-12"})]
    {
        assert_eq!(desk.call("find_job", by.clone()).await.expect(200)["result"]["count"], 1, "{by}");
    }
    for by in [json!({"job_code": foreign}), json!({"vin": VIN, "stock_no": "other"})] {
        assert_eq!(desk.call("find_job", by.clone()).await.expect(200)["result"]["count"], 0, "{by}");
    }
    desk.call("find_job", json!({})).await.expect_error(400, "INVALID_REQUEST");
    // What a command answers beside what the tool declares stays here.
    let made = desk.call("ticket.create", json!({"summary": "Detail the car"})).await.expect(200);
    assert_eq!(made["result"]["state"], "NEW", "{made}");
    for private in ["customer_name", "contact_phone", "contact_email", "assigned_tech_id", "reviewed_by"] {
        assert!(made["result"].get(private).is_none(), "{private}: {made}");
    }
    let context = desk.call("get_conversation_context", json!({})).await.expect(200);
    assert_eq!(context["result"]["party"], "dealer");
}
