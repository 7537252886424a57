//! Twilio's webhook forms.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const API_VERSION: &str = "2010-04-01";

/// What a form body leaves as it is, besides letters and digits.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*');

/// What differs from one inbound message to the next.
pub(crate) struct SmsParts<'a> {
    pub(crate) account_sid: &'a str,
    pub(crate) to: &'a str,
    pub(crate) from: &'a str,
    pub(crate) sid: &'a str,
    pub(crate) body: &'a str,
    /// Address and MIME type of each attachment.
    pub(crate) media: &'a [(String, String)],
    pub(crate) opt_out: Option<&'a str>,
    pub(crate) service: Option<&'a str>,
}

/// Parameters of one inbound SMS, in the order Twilio sends them; sign them with `sign_twilio`, post them with
/// [`encode_form`].
pub fn twilio_sms_form(account_sid: &str, to: &str, from: &str, sid: &str, body: &str) -> Vec<(String, String)> {
    sms_form(&SmsParts { account_sid, to, from, sid, body, media: &[], opt_out: None, service: None })
}

/// Parameters of one status callback: `queued`, `sent`, `delivered`, `undelivered`, `failed`.
pub fn twilio_status_form(
    account_sid: &str,
    to: &str,
    from: &str,
    sid: &str,
    status: &str,
    error_code: Option<u32>,
) -> Vec<(String, String)> {
    let mut form = pairs(&[
        ("SmsSid", sid),
        ("SmsStatus", status),
        ("MessageStatus", status),
        ("To", to),
        ("MessageSid", sid),
        ("AccountSid", account_sid),
        ("From", from),
        ("ApiVersion", API_VERSION),
    ]);
    if let Some(code) = error_code {
        form.push(("ErrorCode".to_owned(), code.to_string()));
    }
    form
}

pub(crate) fn sms_form(parts: &SmsParts<'_>) -> Vec<(String, String)> {
    let count = parts.media.len().to_string();
    let mut form = pairs(&[
        ("ToCountry", "US"),
        ("ToState", "MA"),
        ("SmsMessageSid", parts.sid),
        ("NumMedia", &count),
        ("ToCity", "EXAMPLEVILLE"),
        ("FromZip", "01022"),
        ("SmsSid", parts.sid),
        ("FromState", "MA"),
        ("SmsStatus", "received"),
        ("FromCity", "SPRINGFIELD"),
        ("Body", parts.body),
        ("FromCountry", "US"),
        ("To", parts.to),
        ("ToZip", "01020"),
        ("NumSegments", "1"),
        ("MessageSid", parts.sid),
        ("AccountSid", parts.account_sid),
        ("From", parts.from),
        ("ApiVersion", API_VERSION),
    ]);
    for (index, (url, mime_type)) in parts.media.iter().enumerate() {
        form.push((format!("MediaContentType{index}"), mime_type.clone()));
        form.push((format!("MediaUrl{index}"), url.clone()));
    }
    if let Some(kind) = parts.opt_out {
        form.push(("OptOutType".to_owned(), kind.to_owned()));
    }
    if let Some(service) = parts.service {
        form.push(("MessagingServiceSid".to_owned(), service.to_owned()));
    }
    form
}

/// What differs from one webhook of a call to the next.
pub(crate) struct CallParts<'a> {
    pub(crate) account_sid: &'a str,
    pub(crate) call_sid: &'a str,
    pub(crate) to: &'a str,
    pub(crate) from: &'a str,
    pub(crate) status: &'a str,
}

/// Parameters of one webhook of a call, and what its step adds.
pub(crate) fn call_form(parts: &CallParts<'_>, step: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut form = pairs(&[
        ("AccountSid", parts.account_sid),
        ("ApiVersion", API_VERSION),
        ("CallSid", parts.call_sid),
        ("CallStatus", parts.status),
        ("Called", parts.to),
        ("Caller", parts.from),
        ("Direction", "inbound"),
        ("From", parts.from),
        ("To", parts.to),
        ("FromCity", "SPRINGFIELD"),
        ("FromCountry", "US"),
        ("FromState", "MA"),
        ("FromZip", ""),
        ("ToCity", ""),
        ("ToCountry", "US"),
        ("ToState", ""),
        ("ToZip", ""),
    ]);
    form.extend(pairs(step));
    form
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// `application/x-www-form-urlencoded`, spaces as `+`.
pub fn encode_form<K: AsRef<str>, V: AsRef<str>>(form: &[(K, V)]) -> Vec<u8> {
    let mut out = String::with_capacity(form.len() * 32);
    for (name, value) in form {
        if !out.is_empty() {
            out.push('&');
        }
        push_encoded(&mut out, name.as_ref());
        out.push('=');
        push_encoded(&mut out, value.as_ref());
    }
    out.into_bytes()
}

fn push_encoded(out: &mut String, text: &str) {
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 {
            out.push('+');
        }
        out.extend(utf8_percent_encode(word, FORM));
    }
}
