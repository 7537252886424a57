//! Answers of the providers to a send.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| patchbay_normalizer::exercise::provider_answers(bytes));
