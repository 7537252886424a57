//! Conversations with mail servers.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| patchbay_ingress::smtp::exercise(bytes));
