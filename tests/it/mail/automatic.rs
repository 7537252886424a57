//! Machines do not answer machines, and no machine answers a person twice a day.

use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{Deployment, Plan, both_plans, client};

use super::{INBOX, conversations, forward};

both_plans! {
    an_automatic_answer_goes_once_to_a_person_and_never_to_a_machine;
}

/// How many turns of the assistant ended that way, on all nodes.
async fn turns(deployment: &Deployment, end: &str) -> f64 {
    let mut turns = 0.0;
    for node in &deployment.nodes {
        let asked = client::http().get(format!("{}/metrics", node.base_url())).header("accept", "text/plain");
        let text = asked.send().await.expect("the node answers").text().await.expect("figures");
        let label = format!("end=\"{end}\"");
        let found = text.lines().filter(|line| line.contains("assistant_turns_total{") && line.contains(&label));
        turns += found.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum::<f64>();
    }
    turns
}

async fn an_automatic_answer_goes_once_to_a_person_and_never_to_a_machine(plan: Plan) {
    let settings = format!("{{assistant}}inboxes = [\"support-mail\"]\n{INBOX}");
    let deployment = Deployment::start_with(plan, &settings).await;
    let reached = async |end: &str, count: f64| {
        eventually("the assistant is done with it", PATIENCE, || async {
            (turns(&deployment, end).await >= count).then_some(())
        })
        .await;
    };
    let away = "Subject: Away\r\nMessage-ID: <away@client.test>\r\nAuto-Submitted: auto-replied";
    assert_eq!(forward(&deployment, "a1", away, "I am on holiday.").await, 200);
    reached("failed", 1.0).await;
    let asked = "Subject: Visit\r\nMessage-ID: <v1@client.test>";
    assert_eq!(forward(&deployment, "a2", asked, "Hello?").await, 200);
    reached("answered", 1.0).await;
    let again = "Subject: Re: Visit\r\nMessage-ID: <v2@client.test>\r\nIn-Reply-To: <v1@client.test>";
    assert_eq!(forward(&deployment, "a3", again, "Hello again?").await, 200);
    reached("failed", 2.0).await;
    let mut answers = Vec::new();
    for conversation in conversations(&deployment.admin).await {
        let id = conversation["id"].as_str().expect("an id").to_owned();
        for message in deployment.messages(&deployment.admin, &id).await {
            if message["direction"] == "outbound" {
                answers.push((conversation["subject"].as_str().unwrap_or_default().to_owned(), message));
            }
        }
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    let (subject, answer) = &answers[0];
    assert_eq!((subject.as_str(), answer["sender"]["type"].as_str()), ("Visit", Some("ai")));
    assert_eq!(answer["reply_to"], "v1@client.test");
}
