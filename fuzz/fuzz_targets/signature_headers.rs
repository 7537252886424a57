//! Signature headers and signed URLs.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| patchbay_ingress::verify::exercise(bytes));
