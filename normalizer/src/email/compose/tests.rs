use patchbay_core::letter::references;
use proptest::prelude::*;

use super::*;

fn letter<'a>(text: &'a str, subject: &'a str) -> Letter<'a> {
    Letter {
        from: Correspondent { name: Some("Maya Martin"), address: "support@acme.test" },
        to: Correspondent { name: Some("Dana \"D\" Whitfield"), address: "dana@tenants.test" },
        cc: &[],
        reply_to: Some("r+k7m2q9x4t1b8w3zd.4fee68b072b1f35f@reply.acme.test"),
        subject,
        message_id: "out-1@acme.test",
        in_reply_to: Some("em1@tenants.test"),
        references: &[],
        text,
        attachments: &[],
        origin: Origin::Person,
        unsubscribe: None,
        relay: Relay::Plain,
        date: DateTime::from_timestamp(1_772_719_200, 0).unwrap(),
    }
}

fn text_of(letter: &Letter<'_>) -> String {
    String::from_utf8(compose(letter).unwrap()).unwrap()
}

#[test]
fn an_answer_names_what_it_answers() {
    let theirs = ["em0@tenants.test".to_owned()];
    let before = references(&theirs, "em1@tenants.test");
    let mail = text_of(&Letter { references: &before, ..letter("Tuesday at nine.", "Re: Visit") });
    for line in [
        "From: Maya Martin <support@acme.test>\r\n",
        "To: \"Dana \\\"D\\\" Whitfield\" <dana@tenants.test>\r\n",
        "Reply-To: Maya Martin <r+k7m2q9x4t1b8w3zd.4fee68b072b1f35f@reply.acme.test>\r\n",
        "Subject: Re: Visit\r\n",
        "Message-ID: <out-1@acme.test>\r\n",
        "In-Reply-To: <em1@tenants.test>\r\n",
        "References: <em0@tenants.test>\r\n <em1@tenants.test>\r\n",
        "Date: Thu, 5 Mar 2026 14:00:00 +0000\r\n",
        "Content-Type: text/plain; charset=utf-8\r\n",
        "Content-Type: text/html; charset=utf-8\r\n",
    ] {
        assert!(mail.contains(line), "{line} not in {mail}");
    }
    assert!(!mail.contains("Auto-Submitted"), "a person wrote it");
}

#[test]
fn markup_of_ours_is_text_for_the_reader() {
    let mail = text_of(&letter("<b>5 & 6</b>", "x"));
    assert!(mail.contains("&lt;b&gt;5 &amp; 6&lt;/b&gt;"), "{mail}");
}

#[test]
fn nothing_breaks_out_of_a_header() {
    let mail = text_of(&letter("x", "Hi\r\nBcc: everybody@x.test"));
    assert!(!mail.contains("\nBcc:"), "{mail}");
    for bad in ["a@b\r\nBcc: x@y", "a b@c.test", "@c.test", "a@", "nobody", "<a@b.test>"] {
        let broken = Letter { to: Correspondent { name: None, address: bad }, ..letter("x", "y") };
        assert_eq!(compose(&broken), Err(RenderError::Unreachable), "{bad}");
    }
}

#[test]
fn a_machine_says_so_and_many_may_leave() {
    let automatic = text_of(&Letter { origin: Origin::Automatic, ..letter("x", "y") });
    assert!(automatic.contains("Auto-Submitted: auto-replied\r\n"));
    let bulk = text_of(&Letter { origin: Origin::Bulk, ..letter("x", "y") });
    assert!(bulk.contains(
        "List-Unsubscribe: <mailto:r+k7m2q9x4t1b8w3zd.4fee68b072b1f35f@reply.acme.test?subject=unsubscribe>\r\n"
    ));
    assert!(!bulk.contains("List-Unsubscribe-Post"), "mail alone cannot be clicked");
    let clickable = |url| {
        text_of(&Letter { origin: Origin::Bulk, unsubscribe: Some(url), ..letter("x", "y") })
            .contains("List-Unsubscribe: <https://hub.test/unsubscribe/1.ab>,\r\n <mailto:")
    };
    assert!(clickable("https://hub.test/unsubscribe/1.ab"));
    assert!(!clickable("http://hub.test/unsubscribe/1.ab"));
    let written = text_of(&Letter { unsubscribe: Some("https://hub.test/u"), ..letter("x", "y") });
    assert!(!written.contains("List-Unsubscribe"), "a person's mail is no list");
}

#[test]
fn postmark_is_asked_to_keep_our_id() {
    let mail = text_of(&Letter { relay: Relay::Postmark, ..letter("x", "y") });
    assert!(mail.contains("X-PM-KeepID: true\r\nX-PM-Metadata-mid: out-1@acme.test\r\n"));
}

#[test]
fn a_file_goes_along() {
    let files = [Attachment { filename: "Grün/dach.pdf", mime_type: "application/pdf; x=y", bytes: &[0_u8; 100] }];
    let mail = text_of(&Letter { attachments: &files, ..letter("See there.", "Plan") });
    assert!(mail.contains("Content-Type: multipart/mixed"));
    assert!(mail.contains("Content-Type: application/pdf\r\n"));
    assert!(mail.contains("filename*=utf-8''Gr%C3%BCn_dach.pdf"), "{mail}");
}

proptest! {
    #[test]
    fn whatever_is_written_the_lines_stay_short_and_plain(text in ".{0,400}", subject in ".{0,300}", name in ".{0,90}") {
        let sender = Correspondent { name: Some(&name), address: "support@acme.test" };
        let text = format!("x{text}");
        let mail = compose(&Letter { from: sender, ..letter(&text, &subject) }).unwrap();
        prop_assert!(mail.is_ascii());
        let mail = String::from_utf8(mail).unwrap();
        for line in mail.split("\r\n") {
            prop_assert!(line.len() <= 998 && !line.contains(['\r', '\n', '\0']), "{line:?}");
        }
        let (headers, _) = mail.split_once("\r\n\r\n").unwrap();
        prop_assert_eq!(headers.matches("\r\nSubject: ").count(), 1);
        prop_assert!(headers.lines().all(|line| !line.trim().is_empty()));
    }
}
