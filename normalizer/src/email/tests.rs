//! Rules of mail, case by case.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use patchbay_core::item::Item;
use patchbay_core::secret::Secret;
use serde_json::{Value, json};

use super::auth::AuthResults;
use super::*;

const REPLY: &str = "r+k7m2q9x4t1b8w3zd.4fee68b072b1f35f@reply.acme-homes.test";

fn at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_719_180, 0).unwrap_or_default()
}

fn envelope(recipient: &str, sender: Option<&str>) -> Envelope {
    Envelope {
        recipient: recipient.to_owned(),
        sender: sender.map(str::to_owned),
        client_ip: None,
        helo: None,
        received_at: at(),
        provider_message_id: None,
    }
}

/// The items of a raw mail, lines ended with LF.
fn items_of(raw: &str, envelope: &Envelope) -> Vec<Value> {
    let secret = Secret::new("reply-secret-9b1f27c4");
    let known = |id: &str| id.starts_with("out-").then(|| format!("conv-of-{id}"));
    let place = Place {
        is_own: &|address| address == "support@acme-homes.test",
        reply_domain: "reply.acme-homes.test",
        reply_token_secret: &secret,
        conversation_of: Some(&known),
    };
    let mail = parse(&Bytes::from(raw.replace('\n', "\r\n")));
    let items = items(&mail, envelope, &AuthResults::default(), &place);
    items.iter().map(|item| serde_json::to_value(item).unwrap()).collect()
}

fn message(raw: &str) -> Value {
    items_of(raw, &envelope("Support+x@Acme-Homes.test", Some("dana@client.test"))).remove(0)
}

#[test]
fn the_envelope_says_who_received_and_the_header_who_wrote() {
    let item = message(
        "From: \"Dana, W.\" <Dana@Client.TEST>\nTo: other@elsewhere.test\nReply-To: <answers@client.test>\nMessage-ID: <a@b>\n\nhi",
    );
    assert_eq!(item["account"], "support@acme-homes.test");
    assert_eq!(item["sender"], json!({"type": "customer", "address": "dana@client.test", "name": "Dana, W."}));
    assert_eq!(item["metadata"]["reply_to_address"], "answers@client.test");
    assert_eq!(item["content"]["media"], json!([]));
    let without_from = message("Subject: x\n\nhi");
    assert_eq!(without_from["sender"]["address"], "dana@client.test");
    let nobody = items_of("Subject: x\n\nhi", &envelope("support@acme-homes.test", Some(""))).remove(0);
    assert_eq!(
        (nobody["type"].as_str(), nobody["data"]["reason"].as_str()),
        (Some("ingest.rejected"), Some("malformed_message"))
    );
}

#[test]
fn a_mail_of_our_own_is_a_loop_whatever_it_calls_itself() {
    for from in ["Dana <support@acme-homes.test>", "SUPPORT+tag@acme-homes.test", REPLY] {
        let item = message(&format!("From: {from}\nMessage-ID: <a@b>\n\nhi"));
        assert_eq!(
            (item["type"].as_str(), item["data"]["reason"].as_str()),
            (Some("ingest.rejected"), Some("loop")),
            "{from}"
        );
    }
    let colleague = message("From: \"support@acme-homes.test\" <jane@acme-homes.test>\n\nhi");
    assert_eq!(colleague["kind"], "message");
}

#[test]
fn threads_are_found_by_token_then_ids_and_never_by_subject() {
    let by_token =
        items_of("From: a@b.test\nIn-Reply-To: <out-1@x>\n\nhi", &envelope(&REPLY.to_ascii_uppercase(), None))
            .remove(0);
    assert_eq!(by_token["metadata"]["thread"], json!({"conversation": "k7m2q9x4t1b8w3zd", "via": "reply_token"}));
    assert_eq!(by_token["account"], "r@reply.acme-homes.test");
    let raw = "From: a@b.test\nIn-Reply-To: (comment) <unknown@x>,\n <out-2@x> <out-3@x>\nReferences: <out-4@x>\n\nhi";
    let item = message(raw);
    assert_eq!(item["metadata"]["thread"], json!({"conversation": "conv-of-out-2@x", "via": "in_reply_to"}));
    assert_eq!(item["reply_to"], "unknown@x");
    let item =
        message("From: a@b.test\nReferences: <out-1@x> <z@x> <out-2@x> <out-1@x> <y@x>\nSubject: Re: Visit\n\nhi");
    assert_eq!(item["metadata"]["thread"], json!({"conversation": "conv-of-out-2@x", "via": "references"}));
    assert_eq!(item["metadata"]["references"], json!(["out-1@x", "z@x", "out-2@x", "y@x"]));
    assert_eq!(message("From: a@b.test\nSubject: Re: Visit\n\nhi")["metadata"]["thread"], Value::Null);
}

#[test]
fn ids_are_read_as_they_occur() {
    let id = |raw: &str| message(raw)["channel_message_id"].as_str().unwrap().to_owned();
    assert_eq!(id("From: a@b.test\nMessage-ID:\n <folded@x.test>\n\nhi"), "folded@x.test");
    assert_eq!(id("From: a@b.test\nmessage-id: bare@x.test\n\nhi"), "bare@x.test");
    assert!(id("From: a@b.test\n\nhi").starts_with("sha256:"));
    assert!(id("From: a@b.test\nMessage-ID: <>\n\nhi").starts_with("sha256:"));
}

const DSN: &str = "From: MAILER-DAEMON@mx.test\nMessage-ID: <dsn@mx.test>\nContent-Type: multipart/report; report-type=delivery-status; boundary=d\n\n--d\n\nSorry.\n--d\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.test\n\nFinal-Recipient: rfc822; A@client.test\nAction: failed\nStatus: 5.2.2 (full)\nDiagnostic-Code: smtp; 552 5.2.2 full\n\nFinal-Recipient: RFC822;b@client.test\nAction: Delivered\nStatus: 2.0.0\n\nOriginal-Recipient: rfc822;c@client.test\nAction: expanded\n\n--d\nContent-Type: text/rfc822-headers\n\nMessage-ID: <ID@x>\n--d--\n";

#[test]
fn a_delivery_report_is_a_status_for_each_recipient() {
    let report = |id: &str| items_of(&DSN.replace("ID@x", id), &envelope("bounces@reply.acme-homes.test", Some("")));
    let items = report("out-9@x");
    let seen: Vec<_> = items
        .iter()
        .map(|item| {
            (
                item["recipient"].as_str().unwrap(),
                item["status"].as_str().unwrap(),
                item["provider_status"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("a@client.test", "failed", "5.2.2"),
            ("b@client.test", "delivered", "2.0.0"),
            ("c@client.test", "delivered", "expanded")
        ]
    );
    assert_eq!(items[0]["errors"][0]["class"], "retryable");
    assert_eq!(items[0]["errors"][0]["details"], "552 5.2.2 full");
    let strange = report("theirs@x");
    assert!(strange.iter().all(|item| item["type"] == "email.bounce_unmatched"), "{strange:?}");
    assert_eq!(strange[0]["address"], "a@client.test");
}

#[test]
fn complaints_and_receipts_are_read() {
    let complaint = |id: &str| {
        items_of(&format!("From: fbl@mx.test\nContent-Type: multipart/report; report-type=feedback-report; boundary=d\n\n--d\n\nx\n--d\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nOriginal-Rcpt-To: <Dana@client.test>\n\n--d\nContent-Type: message/rfc822\n\nFrom: s@x\nTo: other@client.test\nMessage-ID: <{id}>\n\nx\n--d--\n"), &envelope("fbl@reply.acme-homes.test", None)).remove(0)
    };
    let ours = complaint("out-1@x");
    assert_eq!((ours["type"].as_str(), ours["address"].as_str()), (Some("email.complaint"), Some("dana@client.test")));
    assert_eq!(ours["data"]["channel_message_id"], "out-1@x");
    assert_eq!(complaint("theirs@x")["type"], "email.bounce_unmatched");
    let receipt = items_of("From: dana@client.test\nContent-Type: multipart/report; report-type=disposition-notification; boundary=d\n\n--d\n\nread\n--d\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822;dana@client.test\nOriginal-Message-ID: <out-2@x>\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--d--\n", &envelope("support@acme-homes.test", Some(""))).remove(0);
    assert_eq!((receipt["status"].as_str(), receipt["channel_message_id"].as_str()), (Some("read"), Some("out-2@x")));
    assert_eq!(receipt["recipient"], "dana@client.test");
}

#[test]
fn subjects_and_names_are_decoded() {
    let item = message(
        "From: =?utf-8?q?Zo=C3=AB?= =?iso-8859-1?q?_M=FCller?= <z@b.test>\nSubject: =?utf-8?b?w6k=?=\n =?utf-8?b?w6k=?= and plain =?utf-8?q?=C3=A9?=\n\nhi",
    );
    assert_eq!(item["metadata"]["subject"], "éé and plain é");
    assert_eq!(item["sender"]["name"], "Zoë Müller");
    assert_eq!(message("From: Zoë <z@b.test>\nSubject: Grüße\n\nhi")["metadata"]["subject"], "Grüße");
}

#[test]
fn a_mail_that_was_made_to_hurt_arrives_all_the_same() {
    let item = message(&format!(
        "From: a@b.test\nSubject: Bomb\nMessage-ID: <b@x>\nContent-Type: multipart/mixed; boundary=b\n\n{}",
        "--b\n\nx\n".repeat(2_000)
    ));
    assert_eq!(
        (item["content"]["type"].as_str(), item["metadata"]["subject"].as_str()),
        (Some("unsupported"), Some("Bomb"))
    );
    assert_eq!(item["content"]["metadata"]["unsupported"]["code"], "too_many_parts");
    assert!(item["metadata"]["raw_sha256"].is_string());
}

#[track_caller]
fn check_event(item: &Item, word: &str, class: Option<&str>) {
    let item = serde_json::to_value(item).unwrap();
    let found = item["status"].as_str().or(item["type"].as_str()).unwrap();
    assert_eq!((found, item["errors"][0]["class"].as_str()), (word, class), "{item}");
}

#[test]
fn events_of_mailgun_mean_what_the_table_says() {
    let event = |name: &str, more: Value| {
        let mut data = json!({"event": name, "recipient": "Dana@client.test", "timestamp": 1_772_719_180.9, "message": {"headers": {"message-id": "out-1@x", "from": "Acme <Support@acme-homes.test>"}}});
        data.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        mailgun::event(&json!({"signature": {"token": "t"}, "event-data": data}), at())
    };
    check_event(&event("accepted", json!({})), "sent", None);
    check_event(&event("delivered", json!({})), "delivered", None);
    check_event(&event("opened", json!({})), "read", None);
    check_event(&event("clicked", json!({})), "read", None);
    check_event(&event("failed", json!({"severity": "temporary"})), "pending", Some("retryable"));
    check_event(&event("failed", json!({"severity": "permanent"})), "failed", Some("permanent"));
    check_event(&event("rejected", json!({"reject": {"reason": "spam"}})), "failed", Some("permanent"));
    check_event(
        &event("failed", json!({"severity": "permanent", "reason": "suppress-unsubscribe"})),
        "failed",
        Some("opted_out"),
    );
    check_event(
        &event("failed", json!({"severity": "permanent", "reason": "suppress-complaint"})),
        "failed",
        Some("opted_out"),
    );
    check_event(&event("complained", json!({})), "email.complaint", None);
    check_event(&event("unsubscribed", json!({})), "opt_out", None);
    check_event(&event("levitated", json!({})), "ingest.rejected", None);
    // A report that names no mail is about nothing.
    check_event(&event("delivered", json!({"message": null})), "ingest.rejected", None);
    check_event(&event("complained", json!({"message": null})), "email.complaint", None);
    let item =
        serde_json::to_value(event("failed", json!({"severity": "permanent", "delivery-status": {"code": 550}})))
            .unwrap();
    assert_eq!(
        (item["errors"][0]["code"].as_str(), item["timestamp"].as_str()),
        (Some("550"), Some("2026-03-05T13:59:40Z"))
    );
    assert_eq!(
        (item["account"].as_str(), item["recipient"].as_str()),
        (Some("support@acme-homes.test"), Some("dana@client.test"))
    );
}

#[test]
fn events_of_sendgrid_mean_what_the_table_says() {
    let event = |name: &str, more: Value| {
        let mut data = json!({"event": name, "email": "dana@client.test", "timestamp": 1_772_719_180, "smtp-id": "<out-1@x>", "sg_event_id": name});
        data.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        sendgrid::events(format!("[{data}]\r\n").as_bytes(), at()).unwrap().remove(0)
    };
    check_event(&event("processed", json!({})), "sent", None);
    check_event(&event("delivered", json!({})), "delivered", None);
    check_event(&event("deferred", json!({"response": "400 later"})), "pending", Some("retryable"));
    check_event(&event("bounce", json!({"type": "blocked", "status": "5.7.1"})), "failed", Some("retryable"));
    check_event(&event("bounce", json!({"type": "bounce", "status": "4.2.1"})), "failed", Some("retryable"));
    check_event(&event("bounce", json!({"type": "bounce", "status": "5.1.1"})), "failed", Some("permanent"));
    check_event(&event("dropped", json!({"reason": "Bounced Address"})), "failed", Some("permanent"));
    check_event(&event("open", json!({"smtp-id": null, "mid": "out-2@x"})), "read", None);
    check_event(&event("click", json!({})), "read", None);
    check_event(&event("spamreport", json!({})), "email.complaint", None);
    check_event(&event("unsubscribe", json!({})), "opt_out", None);
    check_event(&event("group_unsubscribe", json!({})), "opt_out", None);
    check_event(&event("dreamt", json!({})), "ingest.rejected", None);
    let item = serde_json::to_value(event("delivered", json!({"timestamp": 1_772_719_180.5}))).unwrap();
    assert_eq!(item["timestamp"], "2026-03-05T13:59:40Z", "a fraction is dropped, not the time");
    let items = sendgrid::events(br#"[1, {"event": "delivered", "email": "a@b"}, "x"]"#, at()).unwrap();
    assert_eq!(items.len(), 3, "one bad element spoils nothing else");
    assert!(sendgrid::events(b"{}", at()).is_err());
}

#[test]
fn events_of_postmark_mean_what_the_table_says() {
    let event = |event: Value| match postmark::posted(event.to_string().as_bytes(), at()) {
        Ok(postmark::Posted::Event(item)) => *item,
        other => panic!("{other:?}"),
    };
    let bounce = |kind: &str| {
        event(
            json!({"RecordType": "Bounce", "Type": kind, "TypeCode": 7, "Email": "dana@client.test", "ID": 1, "MessageID": "pm", "BouncedAt": "2026-03-05T08:59:50.1234567-05:00"}),
        )
    };
    check_event(&event(json!({"RecordType": "Delivery", "Recipient": "a@b", "MessageID": "pm"})), "delivered", None);
    check_event(&event(json!({"RecordType": "Open", "Recipient": "a@b", "MessageID": "pm"})), "read", None);
    check_event(&event(json!({"RecordType": "Click", "Recipient": "a@b", "MessageID": "pm"})), "read", None);
    check_event(&event(json!({"RecordType": "SpamComplaint", "Email": "a@b"})), "email.complaint", None);
    check_event(&bounce("Transient"), "pending", Some("retryable"));
    check_event(&bounce("SoftBounce"), "failed", Some("retryable"));
    check_event(&bounce("DnsError"), "failed", Some("retryable"));
    check_event(&bounce("HardBounce"), "failed", Some("permanent"));
    check_event(&bounce("BadEmailAddress"), "failed", Some("permanent"));
    check_event(&bounce("SpamNotification"), "email.complaint", None);
    check_event(&bounce("Unsubscribe"), "opt_out", None);
    for notice in [
        "AutoResponder", "AddressChange", "Subscribe", "ChallengeVerification", "OpenRelayTest", "VirusNotification",
        "Unknown",
    ] {
        check_event(&bounce(notice), "provider.notice", None);
    }
    let change = |origin: &str, suppress: bool, reason: Option<&str>| {
        event(
            json!({"RecordType": "SubscriptionChange", "Recipient": "a@b", "Origin": origin, "SuppressSending": suppress, "SuppressionReason": reason, "ChangedAt": "2026-03-05T13:59:50Z"}),
        )
    };
    check_event(&change("Recipient", true, Some("ManualSuppression")), "opt_out", None);
    check_event(&change("Recipient", false, None), "opt_in", None);
    check_event(&change("Customer", true, Some("ManualSuppression")), "provider.notice", None);
    check_event(&change("Recipient", true, Some("HardBounce")), "provider.notice", None);
    check_event(&event(json!({"RecordType": "Teleport"})), "ingest.rejected", None);
    let item = serde_json::to_value(bounce("HardBounce")).unwrap();
    assert_eq!(
        (item["timestamp"].as_str(), item["errors"][0]["code"].as_str()),
        (Some("2026-03-05T13:59:50Z"), Some("7"))
    );
}

#[test]
fn a_sendgrid_mail_to_several_of_us_has_an_envelope_for_each() {
    let body = "--b\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nFrom: a@b.test\r\n\r\nhi\r\n--b\r\nContent-Disposition: form-data; name=\"envelope\"\r\n\r\n{\"to\":[\"x@ours.test\",\"y@ours.test\"],\"from\":\"a@b.test\"}\r\n--b--\r\n";
    let form = MailForm::parse("multipart/form-data; boundary=\"b\"", &Bytes::from(body)).unwrap();
    let arrived = sendgrid::mail(&form, at()).unwrap();
    let to: Vec<&str> = arrived.envelopes.iter().map(|envelope| envelope.recipient.as_str()).collect();
    assert_eq!(to, ["x@ours.test", "y@ours.test"]);
    assert_eq!(arrived.mail.text.as_deref(), Some("hi"));
}

#[test]
fn the_raw_mail_of_postmark_is_preferred() {
    let body = json!({"OriginalRecipient": "s+tag@ours.test", "TextBody": "parsed", "RawEmail": "From: a@b.test\r\nMessage-ID: <raw@x>\r\n\r\nraw"});
    let Ok(postmark::Posted::Mail(arrived)) = postmark::posted(body.to_string().as_bytes(), at()) else {
        panic!("a mail")
    };
    assert_eq!(arrived.mail.text.as_deref(), Some("raw"));
    assert_eq!(arrived.mail.headers.message_id().as_deref(), Some("raw@x"));
}

#[test]
fn the_first_text_is_the_message_and_further_ones_are_not_lost() {
    let item = message(
        "From: a@client.test\nMessage-ID: <a@b>\nContent-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: text/plain\n\nBefore the picture\n--o\nContent-Type: image/png; name=p.png\nContent-Disposition: inline; filename=p.png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--o\nContent-Type: text/plain\n\nand after it\n--o--\n",
    );
    assert_eq!(item["content"]["text"], "Before the picture");
    assert_eq!(item["content"]["full_text"], "Before the picture\n\nand after it");
    assert_eq!(item["content"]["media"].as_array().map(Vec::len), Some(1));
    assert_eq!(item["content"]["media"][0]["inline"], true);
}

#[test]
fn an_international_domain_is_compared_as_the_dns_knows_it() {
    let item = message("From: =?utf-8?q?J=C3=BCrgen?= <Jürgen@Bücher.Test>\nMessage-ID: <a@b>\n\nhi");
    assert_eq!(item["sender"]["address"], "jürgen@xn--bcher-kva.test");
    assert_eq!(item["sender"]["name"], "Jürgen");
    let ascii = message("From: Dana <dana@XN--BCHER-KVA.test>\nMessage-ID: <a@b>\n\nhi");
    assert_eq!(ascii["sender"]["address"], "dana@xn--bcher-kva.test");
}

#[test]
fn oddities_of_quoted_printable_are_read_as_people_mean_them() {
    let text = |body: &str| {
        let raw = format!(
            "From: a@client.test\nMessage-ID: <a@b>\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: Quoted-Printable\n\n{body}"
        );
        message(&raw)["content"]["text"].clone()
    };
    assert_eq!(text("a=3Db =C3=A9=\n ne"), "a=b é ne");
    assert_eq!(text("soft=  \nbreak"), "softbreak");
    assert_eq!(text("lower =c3=a9"), "lower é");
    assert_eq!(text("100% =ZZ stays"), "100% =ZZ stays");
    assert_eq!(text("ends with ="), "ends with");
    // Two blanks: no mark of a signature.
    assert_eq!(text("-- =20\nnot cut=0A-- =\n"), "--  \nnot cut\n--");
}

#[test]
fn folded_fields_and_odd_ids_are_read() {
    let item = message(
        "From:\n =?utf-8?b?RGFuYQ==?=\n =?utf-8?q?_Whitfield?=\n <dana@client.test>\nSubject: =?iso-8859-1?q?Gr=FC=DFe?=\n =?utf-8?q?_aus?= Wien\nMessage-ID:\n <a.b@client.test>\nIn-Reply-To: (my note) <x@y>,\n <out-1@acme> <x@y>\nReferences: <r1@z>\n\t<r2@z><r1@z>\n\nhi",
    );
    assert_eq!(item["sender"]["name"], "Dana Whitfield");
    assert_eq!(item["metadata"]["subject"], "Grüße aus Wien");
    assert_eq!(item["channel_message_id"], "a.b@client.test");
    assert_eq!(item["reply_to"], "x@y");
    assert_eq!(item["metadata"]["references"], json!(["r1@z", "r2@z"]));
    assert_eq!(item["metadata"]["thread"], json!({ "conversation": "conv-of-out-1@acme", "via": "in_reply_to" }));
}
