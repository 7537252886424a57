//! The menu of an inbox, from a message on a port to the queue it ends in.

use patchbay_core::conversation::{ConversationStatus, Priority};
use patchbay_core::ids::{JobId, MessageId, RoutingRuleId};
use patchbay_core::inbox::Triage;
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_core::secret::Secret;
use patchbay_hub::triage::{Watched, hear, watch};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::routing_rules::{self, RoutingRuleRow};
use patchbay_store::{conversations, counters, jobs, messages, triage_states};
use patchbay_tests::{TestDatabase, both_engines};
use patchbay_workers::{ClassifierConfig, Workers};
use serde_json::{Value, json};

use super::world::{MODEL_KEY, World};

both_engines! {
    a_menu_and_one_question_lead_to_a_queue;
    a_message_that_is_heard_again_changes_nothing;
    whoever_asks_for_a_person_gets_the_supervisors;
    two_answers_that_nobody_understands_are_enough;
    an_emergency_waits_for_no_menu;
    outside_of_business_hours_it_is_said_once;
    a_rule_by_keyword_decides_and_is_named_in_the_decision;
    who_does_not_answer_goes_to_the_team;
    what_belongs_to_nobody_is_brought_home_and_told;
    a_classifier_chooses_when_it_is_sure_within_its_budget;
    without_an_answer_of_the_classifier_the_menu_goes_on;
}

async fn world(database: TestDatabase) -> World {
    let world = World::new(database).await;
    world.staff(Triage::Menu).await;
    world.open_always("support").await;
    world
}

async fn a_menu_and_one_question_lead_to_a_queue(database: TestDatabase) {
    let world = world(database).await;
    let row = world.hear("Bonjour, j'ai besoin d'aide").await;
    assert_eq!((row.status, row.priority), (ConversationStatus::Triage, Priority::Normal));
    let said = world.said(row.id).await;
    assert!(said.len() == 1 && said[0].starts_with("Bienvenue") && said[0].contains("\n2. "), "{said:?}");
    world.hear("1").await;
    assert!(world.said(row.id).await[1].contains("produit"));
    let row = world.hear("la porte rouge").await;
    assert_eq!((row.status, row.team_id), (ConversationStatus::Queued, Some(world.team("sales"))));
    let decided = world.told("triage.completed").await;
    assert_eq!(decided.len(), 1);
    assert_eq!(decided[0]["decision"]["team"], "sales");
    assert_eq!(decided[0]["decision"]["reason"], "answered");
    assert_eq!(decided[0]["decision"]["metadata"]["language"], "fr");
    assert_eq!(decided[0]["decision"]["metadata"]["triage_responses"][2], "la porte rouge");
    // What is said in the queue is between people.
    let before = world.said(row.id).await.len();
    world.hear("encore quelque chose").await;
    assert_eq!(world.said(row.id).await.len(), before);
    assert_eq!(world.jobs_left().await, 0);
}

async fn a_message_that_is_heard_again_changes_nothing(database: TestDatabase) {
    let world = world(database).await;
    let row = world.hear("Hello").await;
    let first = {
        let mut tx = world.db.read().await.unwrap();
        messages::last_inbound(&mut tx, row.id).await.unwrap().unwrap().id
    };
    // Its node died after the commit: another takes the job up again.
    let again = |message: MessageId| NewJob {
        id: JobId::new(),
        queue: JobQueue::High,
        kind: JobKind::Triage,
        lane: None,
        dedupe_key: None,
        payload: json!({ "message_id": message }),
        run_at: world.clock.now(),
        max_attempts: 3,
    };
    let mut tx = world.db.begin().await.unwrap();
    jobs::enqueue(&mut tx, &world.ctx(), &again(first)).await.unwrap();
    tx.commit().await.unwrap();
    world.drain().await;
    assert_eq!(world.said(row.id).await.len(), 1);
    // Its node died before the commit: nothing was said, and nothing is known of it.
    world.advance(1);
    world.fakes.say(super::flow::DANA, patchbay_core::channel::Channel::Sms, "2").unwrap();
    world.settle().await;
    let mut tx = world.db.begin().await.unwrap();
    let second = messages::last_inbound(&mut tx, row.id).await.unwrap().unwrap().id;
    hear(&world.deps.hub, &mut tx, &world.ctx(), second, None).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(world.said(row.id).await.len(), 1);
    world.drain().await;
    assert_eq!(world.said(row.id).await.len(), 2);
}

async fn whoever_asks_for_a_person_gets_the_supervisors(database: TestDatabase) {
    let world = world(database).await;
    world.hear("hello").await;
    let row = world.hear("I want to talk to an agent").await;
    assert_eq!((row.status, row.team_id, row.priority), (ConversationStatus::Queued, None, Priority::High));
    assert_eq!(world.alerts().await, ["PERSON_REQUESTED"]);
}

async fn two_answers_that_nobody_understands_are_enough(database: TestDatabase) {
    let world = world(database).await;
    world.hear("hello").await;
    let row = world.hear("hm").await;
    assert_eq!(row.status, ConversationStatus::Triage);
    let row = world.hear("hm hm").await;
    assert_eq!((row.status, row.team_id), (ConversationStatus::Queued, None));
    assert_eq!(world.alerts().await, ["TRIAGE_UNCLEAR"]);
    let menus = world.said(row.id).await.into_iter().filter(|text| text.contains("\n1. ")).count();
    assert_eq!(menus, 2);
}

async fn an_emergency_waits_for_no_menu(database: TestDatabase) {
    let world = World::new(database).await;
    world.staff(Triage::Menu).await;
    let row = world.hear("There is a gas leak in the hall!").await;
    assert_eq!((row.status, row.priority), (ConversationStatus::Queued, Priority::Urgent));
    assert_eq!(row.team_id, Some(world.team("dispatch")));
    let alerts = world.told("alert.raised").await;
    assert_eq!(alerts[0]["alert"]["code"], "EMERGENCY");
    assert_eq!(alerts[0]["alert"]["notify"], json!(["on_call"]));
    // Nobody knows where Dana is: a person has to make the ticket.
    assert_eq!(world.alerts().await, ["EMERGENCY", "TICKET_NEEDS_SITE"]);
    assert_eq!(world.said(row.id).await.len(), 1);
}

async fn outside_of_business_hours_it_is_said_once(database: TestDatabase) {
    let world = World::new(database).await;
    world.staff(Triage::Menu).await;
    let row = world.hear("hello").await;
    assert_eq!(row.priority, Priority::Low);
    world.hear("2").await;
    let row = world.hear("the door").await;
    assert_eq!((row.status, row.priority), (ConversationStatus::Queued, Priority::Low));
    let closed = world.said(row.id).await.into_iter().filter(|text| text.contains("closed")).count();
    assert_eq!(closed, 1);
}

async fn a_rule_by_keyword_decides_and_is_named_in_the_decision(database: TestDatabase) {
    let world = world(database).await;
    let (now, billing) = (world.clock.now(), world.team("customer_service"));
    let mut rule = RoutingRuleRow {
        id: RoutingRuleId::new(),
        name: "Access".into(),
        rule_order: 10,
        enabled: true,
        stop: true,
        conditions: json!({ "keywords_any": ["acceso"] }),
        consequences: json!({ "team": billing, "priority": "high", "tags": ["access"], "required_skills": ["keys"] }),
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let mut tx = world.db.begin().await.unwrap();
    routing_rules::insert(&mut tx, &world.ctx(), &rule).await.unwrap();
    routing_rules::update(&mut tx, &world.ctx(), &mut rule).await.unwrap();
    tx.commit().await.unwrap();
    world.learn().await;
    let row = world.hear("No tengo ACCESO al edificio").await;
    assert_eq!((row.status, row.team_id), (ConversationStatus::Queued, Some(billing)));
    assert_eq!((row.priority, row.tags), (Priority::High, json!(["access"])));
    let mut tx = world.db.read().await.unwrap();
    let kept = triage_states::of(&mut tx, row.id).await.unwrap().unwrap();
    let decision: Value = kept.decision.unwrap();
    assert_eq!((&decision["rule_id"], &decision["rule_version"]), (&json!(rule.id), &json!(2)));
    assert_eq!(kept.required_skills, ["keys"]);
}

async fn who_does_not_answer_goes_to_the_team(database: TestDatabase) {
    let world = world(database).await;
    world.hear("hello").await;
    world.advance(29 * 60);
    assert_eq!(watch(&world.deps.hub, &world.ctx()).await.unwrap().unanswered, 0);
    world.advance(2 * 60);
    // Nobody has taken it for a quarter of an hour, either.
    let watched = watch(&world.deps.hub, &world.ctx()).await.unwrap();
    assert_eq!((watched.unanswered, watched.left_waiting), (1, 1));
    let row = world.newest().await;
    assert_eq!((row.status, row.team_id), (ConversationStatus::Queued, Some(world.team("support"))));
    world.advance(60);
    assert_eq!(watch(&world.deps.hub, &world.ctx()).await.unwrap(), Watched::default());
    assert_eq!(world.alerts().await, ["CONVERSATION_UNASSIGNED"]);
}

async fn what_belongs_to_nobody_is_brought_home_and_told(database: TestDatabase) {
    let world = world(database).await;
    let mut row = world.hear("hello").await;
    // As a fault of ours would leave it: somebody's, and nobody's.
    (row.status, row.assigned_to) = (ConversationStatus::Assigned, None);
    let mut tx = world.db.begin().await.unwrap();
    conversations::update(&mut tx, &[row]).await.unwrap();
    tx.commit().await.unwrap();
    world.advance(60);
    assert_eq!(watch(&world.deps.hub, &world.ctx()).await.unwrap(), Watched::default(), "it may be under way");
    world.advance(2 * 60);
    let watched = watch(&world.deps.hub, &world.ctx()).await.unwrap();
    assert_eq!(watched, Watched { adrift: 1, ..Watched::default() });
    let row = world.newest().await;
    assert_eq!((row.status, row.team_id), (ConversationStatus::Queued, Some(world.team("support"))));
    assert_eq!(world.alerts().await, ["CONVERSATION_ADRIFT"]);
    world.advance(2 * 60);
    assert_eq!(watch(&world.deps.hub, &world.ctx()).await.unwrap(), Watched::default(), "once is enough");
}

/// The same world with a classifier.
async fn with_classifier(database: TestDatabase, base_url: Option<String>) -> World {
    let mut world = world(database).await;
    let mut deps = world.deps.clone();
    deps.config.classifier = ClassifierConfig {
        base_url: base_url.unwrap_or_else(|| world.model_url()),
        api_key: Some(Secret::new(MODEL_KEY)),
        model: "sorts".into(),
        timeout_ms: 5_000,
        calls_per_day: 2,
    };
    world.runner = Workers::runner(&deps).expect("a client");
    world
}

async fn choice(world: &World, row: &ConversationRow) -> Value {
    let mut tx = world.db.read().await.unwrap();
    triage_states::of(&mut tx, row.id).await.unwrap().expect("a state").state["choice"].clone()
}

async fn calls(world: &World) -> i64 {
    let day = format!("classifier:{}", world.clock.now().date_naive());
    counters::value(&mut world.db.read().await.unwrap(), &day).await.unwrap()
}

async fn a_classifier_chooses_when_it_is_sure_within_its_budget(database: TestDatabase) {
    let world = with_classifier(database, None).await;
    let row = world.hear("hello").await;
    assert_eq!((row.status, calls(&world).await), (ConversationStatus::Triage, 1));
    let row = world.hear("my last statement looks odd to me").await;
    assert_eq!(choice(&world, &row).await, "customer_service");
    assert_eq!(calls(&world).await, 2);
}

async fn without_an_answer_of_the_classifier_the_menu_goes_on(database: TestDatabase) {
    let world = with_classifier(database, Some("http://127.0.0.1:9/v1".into())).await;
    let row = world.hear("hello").await;
    assert_eq!(row.status, ConversationStatus::Triage);
    let row = world.hear("2").await;
    assert_eq!(choice(&world, &row).await, "support");
    assert_eq!(calls(&world).await, 1, "the menu needs nobody");
}
