//! What a file is, as its content tells.

/// Types that may be uploaded as evidence. Nothing among them runs in a browser.
pub const UPLOADABLE: &[&str] = &[
    "image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4", "application/pdf", "audio/ogg", "audio/mpeg",
    "text/plain", "text/csv", "application/json",
];

/// Whether a file of this type may be uploaded as evidence.
pub fn is_uploadable(mime_type: &str) -> bool {
    UPLOADABLE.contains(&mime_type)
}

/// The type of a file as its first bytes tell it for sure.
pub fn recognized(bytes: &[u8], claimed: &str) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        [b'%', b'P', b'D', b'F', ..] => Some("application/pdf"),
        [b'O', b'g', b'g', b'S', ..] => Some("audio/ogg"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some("audio/wav"),
        [b'#', b'!', b'A', b'M', b'R', ..] => Some("audio/amr"),
        [b'I', b'D', b'3', ..] | [0xff, 0xf2 | 0xf3 | 0xfa | 0xfb, ..] => Some("audio/mpeg"),
        [0xff, 0xf1 | 0xf9, ..] => Some("audio/aac"),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => Some(of_brand(brand, claimed)),
        _ => None,
    }
}

/// The type of a file as its first bytes tell it; what is not known for sure is just bytes.
pub fn sniff(bytes: &[u8], claimed: &str) -> String {
    let claimed = claimed.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match recognized(bytes, &claimed) {
        Some(known) => known.into(),
        // Text and office files carry no mark; believe the claim unless a browser could run it.
        None if claimed.is_empty()
            || claimed.contains("html")
            || claimed.contains("svg")
            || claimed.contains("script")
            || claimed.ends_with("/xml")
            || claimed.ends_with("+xml")
            || claimed.starts_with("image/") =>
        {
            "application/octet-stream".into()
        }
        None => claimed,
    }
}

/// A file of the MPEG-4 family by its brand. Some brands say sound or film alike; then the claim tells which.
fn of_brand(brand: &[u8], claimed: &str) -> &'static str {
    match brand {
        [b'M', b'4', b'A' | b'B', ..] => "audio/mp4",
        [b'3', b'g', ..] => "video/3gpp",
        [b'q', b't', ..] => "video/quicktime",
        [b'h', b'e', b'i' | b'v', ..] | [b'm', b'i', b'f', b'1', ..] => "image/heic",
        _ if claimed.starts_with("audio/") => "audio/mp4",
        _ => "video/mp4",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], claimed: &str, expect: &str) {
        assert_eq!(sniff(bytes, claimed), expect, "claimed {claimed}");
    }

    #[test]
    fn the_content_says_more_than_the_claim() {
        check(b"\x89PNG\r\n", "image/jpeg", "image/png");
        check(b"%PDF-1.7", "text/plain", "application/pdf");
        check(b"a,b\n", "text/csv; charset=utf-8", "text/csv");
        let letter = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        check(b"PK\x03\x04", letter, letter);
        for runs in ["application/xml", "application/xhtml+xml", "image/svg+xml", "text/html", "text/javascript"] {
            check(b"<a/>", runs, "application/octet-stream");
        }
    }

    #[test]
    fn sounds_and_films_are_told_apart() {
        check(b"\0\0\0\x20ftypM4A \0", "video/mp4", "audio/mp4");
        check(b"\0\0\0\x20ftypisom\0", "audio/mp4; codecs=mp4a", "audio/mp4");
        check(b"\0\0\0\x20ftypisom\0", "application/octet-stream", "video/mp4");
        check(b"\0\0\0\x14ftyp3gp4", "video/mp4", "video/3gpp");
        check(b"#!AMR\n", "", "audio/amr");
        check(b"OggS\0", "audio/ogg; codecs=opus", "audio/ogg");
    }

    #[test]
    fn nothing_that_a_browser_could_run_keeps_its_claim() {
        for claimed in ["text/html", "image/svg+xml", "application/javascript", "text/xml", "image/png", ""] {
            check(b"<svg onload=x>", claimed, "application/octet-stream");
        }
    }
}
