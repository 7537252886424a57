//! The demo, worked as by hand: the assistant drafts, the customer confirms on the phone, a supervisor approves, one commit
//! follows.

use patchbay_tests::client::http;
use patchbay_tests::services::free_port;
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Caller, Node};
use serde_json::{Value, json};

/// The phone that writes to the assistant's number.
const BUYER: &str = "+15550101007";

struct Demo {
    node: Node,
    base: String,
    _folder: tempfile::TempDir,
}

impl Demo {
    /// Starts `patchbay serve --demo` with nothing but a port of its own.
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let port = free_port();
        let base = format!("http://127.0.0.1:{port}");
        let settings = format!("listen = \"127.0.0.1:{port}\"\npublic_url = \"{base}\"\n");
        std::fs::write(folder.path().join("patchbay.toml"), settings).expect("the settings can be written");
        let node = Node::start(folder.path(), &base, &["--demo"]).await;
        Self { node, base, _folder: folder }
    }

    async fn sign_in(&self, email: &str) -> Caller {
        let anonymous = Caller::anonymous(&self.base);
        let login = json!({"email": email, "password": "patchbay-demo"});
        let answer = anonymous.post("/api/v1/auth/login", login).await.expect(200);
        anonymous.with_token(answer["access_token"].as_str().expect("a login answers a token"))
    }

    async fn says(&self, text: &str) {
        let url = format!("{}/sim/api/phones/{BUYER}/messages", self.base);
        let body = json!({"channel": "sms", "text": text});
        let answer = http().post(url).json(&body).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap_or_default());
    }

    /// What the phone shows that holds `words`, waiting for it.
    async fn reads(&self, words: &str) -> String {
        eventually(&format!("{words:?} on the phone"), PATIENCE, || async {
            let url = format!("{}/sim/api/phones", self.base);
            let phones: Value = http().get(url).send().await.ok()?.json().await.ok()?;
            let phone = phones["data"].as_array()?.iter().find(|phone| phone["address"] == BUYER)?.clone();
            let texts = phone["thread"].as_array()?.iter().filter_map(|message| message["text"].as_str());
            texts.rev().find(|text| text.contains(words)).map(str::to_owned)
        })
        .await
    }

    async fn drafts(&self, caller: &Caller, state: &str) -> Vec<Value> {
        let listed = caller.get(&format!("/api/v1/drafts?state={state}")).await.expect(200);
        listed["data"].as_array().expect("a list").clone()
    }

    async fn waiting(&self, caller: &Caller) -> Value {
        eventually("a draft waits for approval", PATIENCE, || async {
            self.drafts(caller, "AWAITING_HUMAN").await.into_iter().next()
        })
        .await
    }
}

fn code_in(text: &str) -> String {
    let place = text.find("CONFIRM-").expect("a code");
    text.get(place..place + 16).expect("a whole code").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_assistant_drafts_the_customer_confirms_a_supervisor_approves_and_one_commit_follows() {
    let demo = Demo::start().await;
    let (supervisor, seller) = (demo.sign_in("supervisor@demo.test").await, demo.sign_in("maya@demo.test").await);
    demo.says("Hello, I want to order brake pads for 1500.00").await;
    let question = demo.reads("CONFIRM-").await;
    assert!(question.contains("1500.00"), "{question}");
    demo.says("CONFIRM-WRONGAB2").await;
    demo.says(&format!("ok {}", code_in(&question))).await;
    demo.reads("A colleague of ours has to agree").await;
    let draft = demo.waiting(&supervisor).await;
    let id = draft["id"].as_str().expect("an id");
    let shown = supervisor.get(&format!("/api/v1/drafts/{id}")).await.expect(200);
    assert_eq!(shown["day"]["sum"], "1500.00", "{shown}");
    let path = format!("/api/v1/drafts/{id}/approve");
    seller.post(&path, json!({})).await.expect_error(403, "FORBIDDEN");
    let decision = json!({"payload_hash": shown["payload_hash"], "reason": "the stock is there"});
    supervisor.post(&path, decision).await.expect(200);
    // The assistant goes on by itself: nobody has to write again.
    demo.reads("Done. Your reference is TXN-").await;
    let done = demo.drafts(&supervisor, "COMMITTED").await;
    assert_eq!((done.len(), &done[0]["id"]), (1, &json!(id)));
    let of_draft = supervisor.get(&format!("/api/v1/tool-invocations?draft_id={id}")).await.expect(200);
    let commits = |row: &&Value| row["tool"] == "commit_transaction" && row["phase"] == "intent";
    assert_eq!(of_draft["data"].as_array().expect("a list").iter().filter(commits).count(), 1, "{of_draft}");
    assert!(!demo.node.log().contains("5550101007"), "a number in the log");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_supervisor_who_says_no_ends_it_and_the_customer_hears_of_it() {
    let demo = Demo::start().await;
    let supervisor = demo.sign_in("supervisor@demo.test").await;
    demo.says("I want to order tires for 2000").await;
    let question = demo.reads("CONFIRM-").await;
    demo.says(&code_in(&question)).await;
    let draft = demo.waiting(&supervisor).await;
    let path = format!("/api/v1/drafts/{}/reject", draft["id"].as_str().expect("an id"));
    supervisor.post(&path, json!({"reason": "not in stock"})).await.expect(200);
    demo.reads("did not agree").await;
    assert!(demo.drafts(&supervisor, "COMMITTED").await.is_empty());
}
